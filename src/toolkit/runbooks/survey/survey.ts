import type { Survey } from "../../runner/plan.ts";
import { machineNamed, type Machine, type Topology } from "../../topology/topology.ts";
import { votesIn } from "../../topology/voters.ts";
import { surveyCommand, type SurveyOptions } from "./command.ts";

/** What every machine is asked before one of them is drained or given back. One that is away has no answer. */
export function surveyOf(topology: Topology, machine: Machine, { withStorage }: SurveyOptions): Survey {
  const asksStorage = withStorage && votesIn(topology, machine, "storage");
  return {
    machines: topology.machines.map(({ name }) => name),
    command: (name) => surveyCommand(topology, machineNamed(topology, name), { withStorage: asksStorage }),
  };
}
