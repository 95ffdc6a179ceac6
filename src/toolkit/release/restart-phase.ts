import { answersOf, askAll } from "../steps/ask-all.ts";
import type { Answer, Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Step } from "../steps/step.ts";
import { lookAtMachine, stateOf } from "./machine-state.ts";
import { giveBack, restartNode, switchTo, worksAgain } from "./run-release.ts";

const TITLE = "run the mail node's current release";

interface Node {
  readonly machine: string;
  readonly works: boolean;
  readonly current: string | undefined;
  readonly running: string | undefined;
}

/** One that is to be restarted. */
type Outdated = Node & { readonly running: string; readonly current: string };

/**
 * Restarts the mail nodes that run another release than the current one, one machine after the other, each until it does its
 * work again, and only while those that are not restarted do theirs. Comes after the files, which may have restarted some of
 * them already. When one does not come back, all of them get their earlier release again.
 *
 * @param probe asks a machine whether its node does its work
 */
export function releaseRestartPhase(machines: readonly string[], probe: (machine: string) => Command): Phase {
  return {
    title: TITLE,
    group: TITLE,
    machines,
    observe: (machine) =>
      askAll(
        new Map([
          ["release", lookAtMachine],
          ["probe", probe(machine)],
        ]),
      ),
    decide: (answers) => {
      const nodes = [...answers].map(([machine, answer]) => nodeOf(machine, answer));
      const outdated = nodes.filter(isOutdated);
      if (outdated.length === 0) return [];
      const silent = nodes.filter((node) => !node.works && !isOutdated(node));
      return [
        outdated.map((node) => startWith(node, probe(node.machine))),
        silent.map(({ machine }) => wait(machine, probe(machine))),
        // One that does nothing has nothing to lose, and would be missed while another one is restarted.
        ...outdated
          .toSorted((a, b) => Number(a.works) - Number(b.works))
          .map(({ machine }) => [restart(machine, probe(machine))]),
      ].filter((stage) => stage.length > 0);
    },
  };
}

function nodeOf(machine: string, answer: Answer): Node {
  const said = answersOf(answer);
  const none = { code: 1, stdout: "", stderr: "no answer" };
  const { current, running } = stateOf(machine, said.get("release") ?? none);
  return { machine, current, running, works: said.get("probe")?.code === 0 };
}

function isOutdated(node: Node): node is Outdated {
  return node.running !== undefined && node.current !== undefined && node.running !== node.current;
}

/**
 * Changes nothing but what is taken back, also where its turn has not come: there the next start, of a machine that reboots,
 * would be one of the release that has failed.
 */
function startWith({ machine, current, running }: Outdated, probe: Command): Step {
  return {
    title: `let the mail node start with ${current}`,
    machine,
    commands: [switchTo(current)],
    undo: giveBack(running, probe),
  };
}

function wait(machine: string, probe: Command): Step {
  return {
    title: "wait for the mail node before another one is restarted",
    machine,
    commands: [],
    verify: worksAgain(probe),
  };
}

function restart(machine: string, probe: Command): Step {
  return {
    title: "restart the mail node",
    machine,
    commands: [restartNode()],
    verify: worksAgain(probe),
  };
}
