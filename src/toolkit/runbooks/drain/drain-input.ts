import { serializeDrainMark, type DrainMark } from "../../../contract/drain-mark.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import type { MachineSurvey } from "../survey/machine.ts";
import type { DrainArguments } from "./arguments.ts";

/** All that the steps of a drain follow from. */
export interface DrainInput {
  readonly topology: Topology;
  readonly machine: Machine;
  readonly surveys: ReadonlyMap<string, MachineSurvey>;
  readonly mark: DrainMark;
  /** Of all its phases. */
  readonly group: string;
  readonly times: Pick<DrainArguments, "timeoutMs" | "handoverMs" | "endSessions">;
}

/** The text of the mark by which the machine is drained already: a drain that fails leaves that one in force. */
export function earlierMark({
  surveys,
  machine,
}: Pick<DrainInput, "surveys" | "machine">): string | undefined {
  const mark = surveys.get(machine.name)?.mark;
  return mark && serializeDrainMark(mark);
}
