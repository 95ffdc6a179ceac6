import { cacheProbe } from "../../services/redis/probe.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import type { Phase } from "../../steps/phase.ts";
import { waitFor } from "../../steps/wait-for.ts";
import { machineNamed, type Machine, type Topology } from "../../topology/topology.ts";
import { votesIn } from "../../topology/voters.ts";
import { surveyCommand } from "../survey/command.ts";
import { parseSurvey, type MachineSurvey } from "../survey/machine.ts";
import { objectionsToStopping } from "./may-stop.ts";
import { raise } from "./objections.ts";

/** How long the caches that stay may take to follow the master that the drain has made. In milliseconds. */
const IN_SYNC_MS = 30_000;

export interface SecondLook {
  readonly topology: Topology;
  readonly machine: Machine;
  /** What the plan was made by. */
  readonly surveys: ReadonlyMap<string, MachineSurvey>;
  /** As the plan was told. */
  readonly force: boolean | undefined;
  /** That of the drain, so that what it did is taken back where the machine must stay. */
  readonly group: string;
}

/**
 * Asks every machine anew before something is stopped on a drained one: sessions were waited for, or the run was broken
 * off for days, and another machine may have died meanwhile. Throws what speaks against it now, but for what was forced.
 */
export function secondLook({ topology, machine, surveys, force, group }: SecondLook): Phase {
  const { name } = machine;
  const withStorage = votesIn(topology, machine, "storage");
  const followers = [...surveys.values()]
    .filter((other) => other.machine.name !== name && other.cache?.isInSync)
    .map((other) => other.machine.name);
  return {
    title: `see that the others can still do without ${name}`,
    machines: topology.machines.map((one) => one.name),
    canMiss: true,
    observe: (asked) => {
      const one = machineNamed(topology, asked);
      const inSync = {
        title: "its cache is in sync",
        command: cacheProbe(one),
        timeoutMs: IN_SYNC_MS,
        intervalMs: 1000,
      };
      return askAll(
        new Map([
          ...(followers.includes(asked) ? [["in sync", waitFor(inSync)] as const] : []),
          ["survey", surveyCommand(topology, one, { withStorage })],
        ]),
      );
    },
    decide: (answers) => {
      const found = new Map([...answers].map(([one, answer]) => [one, answersOf(answer).get("survey")!]));
      const objections = objectionsToStopping(topology, machine, parseSurvey(topology, found));
      raise(`nothing is stopped on ${name}`, objections, force);
      return [];
    },
    group,
  };
}
