import type { Survey } from "../../runner/plan.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import type { Answer, Command } from "../../steps/command.ts";
import { machineNamed, type Machine, type Topology } from "../../topology/topology.ts";
import { factsFor } from "../apply/run-apply.ts";
import { lookAt, readLook, type Look } from "../rolling/look.ts";
import type { RunbookContext } from "../runbook.ts";
import { surveyCommand } from "../survey/command.ts";

/** The cluster as it is without these machines. */
export function without(topology: Topology, names: readonly string[]): Topology {
  return { ...topology, machines: topology.machines.filter(({ name }) => !names.includes(name)) };
}

/**
 * Asks before machines are taken in: those of the cluster whether they are whole without the new ones, the new ones
 * what they are, and all of them what an apply must know. `more` is asked besides.
 *
 * @param known the cluster as those that are there know it: without machines that it never had, with one that it lost,
 *   as the witness votes by their number
 */
export function surveyForJoining(
  context: RunbookContext,
  known: Topology,
  joining: readonly string[],
  more: (machine: Machine) => ReadonlyMap<string, Command> = () => new Map(),
): Survey {
  const { topology, services } = context;
  return {
    machines: topology.machines.map(({ name }) => name),
    needsAll: true,
    command: (name) => {
      const machine = machineNamed(topology, name);
      const facts = ["facts", factsFor(context, machine)] as const;
      if (!joining.includes(name))
        return lookAt(known, services, machine, new Map([facts, ...more(machine)]));
      const survey = ["survey", surveyCommand(topology, machine, { withStorage: false })] as const;
      return askAll(new Map([survey, facts, ...more(machine)]));
    },
  };
}

/** What that survey found. */
export interface JoiningLook {
  /** Of the cluster without the new machines. */
  readonly rest: Look;
  /** Every machine's answers, by question. */
  readonly said: ReadonlyMap<string, ReadonlyMap<string, Answer>>;
  readonly facts: ReadonlyMap<string, Answer>;
}

/** @param known as it was surveyed */
export function readJoiningLook(
  known: Topology,
  joining: readonly string[],
  answers: ReadonlyMap<string, Answer>,
): JoiningLook {
  const said = new Map([...answers].map(([name, answer]) => [name, answersOf(answer)] as const));
  const rest = [...answers].filter(([name]) => !joining.includes(name));
  const facts = [...said].flatMap(([name, parts]) => {
    const answer = parts.get("facts");
    return answer ? [[name, answer] as const] : [];
  });
  const asked = without(known, joining).machines;
  return { rest: readLook(known, new Map(rest), asked), said, facts: new Map(facts) };
}

/** The machine whose cache is the master, by what the caches themselves say. */
export function presentMaster({ surveys }: Look): Machine | undefined {
  return [...surveys.values()].find(({ cache }) => cache?.role === "master")?.machine;
}
