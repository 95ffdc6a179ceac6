import type { Answer, Command } from "../steps/command.ts";
import type { Machine, Topology } from "../topology/topology.ts";

/**
 * What a service on one machine knows of itself and of its peers, for people who look: `probe` says whether it works,
 * this says what it sees. Each service has its own in evidence.ts of its folder.
 */
export interface EvidenceOf<T> {
  /** Reads only, ends with exit code 0 where the service is there. Takes no standard input. */
  command(topology: Topology, machine: Machine): Command;
  /** Undefined when the answer says nothing: the daemon is not there, or does not speak. */
  parse(answer: Answer): T | undefined;
}
