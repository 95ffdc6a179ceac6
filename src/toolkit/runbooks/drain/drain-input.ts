import type { DrainMark } from "../../../contract/drain-mark.ts";
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
