import { sha256 } from "../../../../src/support/hash.ts";
import { resolvePlaceholders, type Resolver } from "../../../../src/support/placeholder.ts";
import { STAGING } from "../../../../src/toolkit/runbooks/apply/places.ts";
import { UNIT } from "../../../../src/toolkit/services/mailnode/names.ts";
import { planApply } from "../../../../src/toolkit/runbooks/apply/run-apply.ts";
import { inputsFor } from "../../../../src/toolkit/runbooks/rotate/secrets.ts";
import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import type { Plan } from "../../../../src/toolkit/runner/plan.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../../src/toolkit/steps/step.ts";
import { prepare } from "../machines/whole.ts";
import { factsOf } from "./vault.ts";

type ResolverOf = (machine: string) => Resolver;

/** What the mail nodes do in each round that puts files, machine by machine, where all of them run and had the present secrets. */
export async function actionsOfRounds(
  context: RunbookContext,
  { phases, resolverOf }: Plan,
): Promise<readonly (readonly string[])[]> {
  const inputs = inputsFor(context, await context.secrets());
  const present = await planApply(inputs, factsOf(context.topology), prepare);
  const isRound = ({ title }: Phase): boolean => title.endsWith("put files");
  let state = stateAfter(present.phases.find(isRound)!, present.resolverOf);
  return phases.filter(isRound).map((phase) => {
    const steps = phase.decide(state).flat();
    state = stateAfter(phase, resolverOf!);
    return steps.filter(({ title }) => title.endsWith(` ${UNIT}`)).map(shown);
  });
}

function shown({ machine, title }: Step): string {
  return `${machine}: ${title}`;
}

/** What every machine says when it has all files of a phase that puts them, as that would put them on bare machines. */
function stateAfter(phase: Phase, resolverOf: ResolverOf): ReadonlyMap<string, Answer> {
  const bare = new Map(phase.machines.map((name) => [name, { code: 0, stdout: "", stderr: "" }]));
  const commands = phase
    .decide(bare)
    .flat()
    .flatMap((step) => step.commands.map(({ argv, stdin }) => ({ machine: step.machine, argv, stdin })));
  return new Map(
    phase.machines.map((machine) => {
      const own = commands.filter((one) => one.machine === machine);
      const lines = own.flatMap(({ argv, stdin }) => {
        const staged = argv.at(-1)!;
        if (typeof stdin !== "string" || !staged.startsWith(`${STAGING}/`)) return [];
        const placed = own.find((one) => one.argv[4] === staged && one.argv.length > 6)!;
        const [path, owner, group, mode] = placed.argv.slice(5);
        const hash = sha256(resolvePlaceholders(stdin, resolverOf(machine)));
        return [`file\t${path}\t${mode}\t${owner}\t${group}\t${hash}\tyes`, `owned\t${path}`];
      });
      return [machine, { code: 0, stdout: [...lines, `active\t${UNIT}`, ""].join("\n"), stderr: "" }];
    }),
  );
}
