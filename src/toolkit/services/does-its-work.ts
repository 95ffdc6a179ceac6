import type { Gate } from "../steps/step.ts";
import type { Machine, Topology } from "../topology/topology.ts";
import type { Service } from "./service.ts";

const MINUTE = 60_000;
const LONG_MS: Readonly<Record<string, number>> = { galera: 15 * MINUTE, glusterfs: 60 * MINUTE };

/** How long a service that was stopped may take: a member may get a whole copy, a brick be healed file by file. In milliseconds. */
export function wholeWithinMs({ name }: Service): number {
  return LONG_MS[name] ?? 3 * MINUTE;
}

/** The service's own probe, asked until it holds. */
export function doesItsWork(topology: Topology, service: Service, machine: Machine, timeoutMs: number): Gate {
  return {
    title: `${service.name} does its work`,
    command: service.probe(topology, machine),
    timeoutMs,
    intervalMs: 1000,
  };
}
