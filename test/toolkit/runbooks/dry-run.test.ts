import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, jest } from "@jest/globals";
import { runbooks } from "../../../src/toolkit/runbooks/registry.ts";
import { lineReporter } from "../../../src/toolkit/runner/reporter.ts";
import type { Recorded } from "../../../src/toolkit/runner/recorder.ts";
import { quote } from "../../../src/toolkit/ssh/quote.ts";
import { fixtureOf } from "./rehearsal/fixtures.ts";
import { plannedCommands } from "./rehearsal/planned-commands.ts";
import { Rehearsal } from "./rehearsal/rehearsal.ts";
import { withoutRun } from "./rehearsal/step-index.ts";

jest.setTimeout(60_000);

const names = runbooks.map(({ name }) => name);

/** The whole text that a person is shown. */
async function dryRun(run: Rehearsal): Promise<string> {
  const lines: string[] = [];
  const reporter = lineReporter((line) => lines.push(stripVTControlCharacters(line)));
  await run.start({ dryRun: true, reporter });
  return lines.join("\n");
}

/**
 * How a phase looks is not told beforehand: it changes nothing, and is the same each time. What a phase looks by may be
 * a gate of its steps too, so only what is not told at this place is left out.
 */
function withoutLooks(
  sent: readonly Recorded[],
  told: readonly string[],
  { machines }: Rehearsal,
): readonly string[] {
  const left: string[] = [];
  for (const record of sent) {
    const text = withoutRun(quote(record.argv));
    const isLook = !record.mutates && machines.isLook(record) && told[left.length] !== text;
    if (!isLook) left.push(text);
  }
  return left;
}

describe("a dry run", () => {
  it.each(names)(
    "of %s shows, machine by machine, the very commands that the real run sends",
    async (name) => {
      using run = new Rehearsal(await fixtureOf(name));
      const shown = plannedCommands(await dryRun(run));
      expect(run.machines.sent.filter(({ command }) => command.mutates)).toEqual([]);
      expect(run.machines.isLocked).toBe(false);

      using real = new Rehearsal(await fixtureOf(name));
      await real.start();
      const records = await real.recorded();
      expect(records.length).toBeGreaterThan(0);
      for (const machine of real.runnable.machines) {
        const sent = records.filter((record) => record.machine === machine);
        const told = shown.get(machine) ?? [];
        expect({ machine, commands: told }).toEqual({ machine, commands: withoutLooks(sent, told, real) });
      }
    },
  );
});
