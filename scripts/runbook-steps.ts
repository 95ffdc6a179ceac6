import { format, resolveConfig } from "prettier";
import type { Phase } from "../src/toolkit/steps/phase.ts";
import type { Step } from "../src/toolkit/steps/step.ts";
import { RUN, runbookContext } from "../test/toolkit/runbooks/runbook-context.ts";
import { fixtureOf } from "../test/toolkit/runbooks/rehearsal/fixtures.ts";

/*
 * The steps of a runbook as its page shows them: of its plan in the situation in which the tests kill it, so that the
 * page tells what is sent and not what somebody thinks.
 */

const MARK = /<!-- steps: ([^>]*) -->[^]*?<!-- \/steps -->/g;

/** The page with the steps of every runbook that it marks. Throws where a runbook has no situation. */
export async function withSteps(page: string): Promise<string> {
  const names = new Set([...page.matchAll(MARK)].map(([, name]) => name!));
  const texts = new Map<string, string>();
  for (const name of names) texts.set(name, await stepsOf(name));
  const filled = page.replaceAll(
    MARK,
    (_all, name: string) => `<!-- steps: ${name} -->\n\n${texts.get(name)!}\n\n<!-- /steps -->`,
  );
  return format(filled, { ...(await resolveConfig("docs/runbooks")), parser: "markdown" });
}

async function stepsOf(name: string): Promise<string> {
  const { runbook, arguments: given, answers, context = runbookContext() } = await fixtureOf(name);
  const { phases } = await runbook.plan(context, runbook.arguments.parse(given), answers, RUN);
  const machines = context.topology.machines.map((machine) => machine.name);
  const shown: (readonly string[])[] = [];
  const kinds = new Set<string>();
  const again = new Set<string>();
  for (const [looks, group] of runsOf(phases)) {
    for (const lines of looks ? [looking(group)] : group.map(phaseLines)) {
      if (lines.length === 0) continue;
      const kind = anyMachine(lines.join("\n"));
      if (kinds.has(kind))
        machines.filter((name) => lines[0]!.includes(name)).forEach((name) => again.add(name));
      else shown.push(lines);
      kinds.add(kind);
    }
  }
  return [
    ...shown.map((lines, index) => listItem(`${index + 1}. `, lines)),
    ...(again.size > 0 ? [`\nWhat is the same for ${[...again].join(", then for ")} is shown once.`] : []),
  ].join("\n");
}

/** Phases one after the other that look first, and those that are known beforehand. */
function runsOf(phases: readonly Phase[]): readonly (readonly [boolean, readonly Phase[]])[] {
  const found: [boolean, Phase[]][] = [];
  for (const phase of phases) {
    const looks = phase.machines.length > 0;
    const last = found.at(-1);
    if (last?.[0] === looks) last[1].push(phase);
    else found.push([looks, [phase]]);
  }
  return found;
}

function looking(phases: readonly Phase[]): readonly string[] {
  const [first] = phases;
  if (phases.length === 1)
    return [`**${first!.title}**${groupOf(first!)}: looks first, and does only what is left`];
  return [
    "each looks first, and does only what is left:",
    ...phases.map((phase) => `- **${phase.title}**${groupOf(phase)}`),
  ];
}

/** No lines where the phase has nothing to do in this situation. */
function phaseLines(phase: Phase): readonly string[] {
  const stages = phase.decide(new Map());
  if (stages.flat().length === 0) return [];
  const lines = stages.flatMap((stage) =>
    [...Map.groupBy(stage, stepText)].map(
      ([text, steps]) => `- ${[...new Set(steps.map(({ machine }) => machine))].join(", ")}: ${text}`,
    ),
  );
  return [`**${phase.title}**${groupOf(phase)}`, ...lines];
}

function groupOf({ group, title }: Phase): string {
  if (group === undefined) return "";
  return group === title ? " (a group)" : ` (group "${group}")`;
}

/** What follows the first line stands under its first word. */
function listItem(mark: string, lines: readonly string[]): string {
  return lines.map((line, index) => `${index === 0 ? mark : " ".repeat(mark.length)}${line}`).join("\n");
}

function stepText({ title, unless, verify, undo, commands }: Step): string {
  return [
    title,
    ...(unless ? ["unless that is done"] : []),
    ...(verify ? [`until ${verify.title}, ${seconds(verify.timeoutMs)} at most`] : []),
    ...(undo ? ["can be taken back"] : []),
    ...(commands.length === 0 ? ["changes nothing"] : []),
  ].join("; ");
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;
}

function anyMachine(text: string): string {
  return text.replaceAll(/node-\d(, node-\d)*/g, "a machine");
}
