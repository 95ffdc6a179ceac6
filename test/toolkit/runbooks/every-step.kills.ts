import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { runbooks } from "../../../src/toolkit/runbooks/registry.ts";
import { carryOut } from "./rehearsal/kill.ts";

// A start of mbctl for each step of all runbooks: too long for every run of all tests.
jest.setTimeout(6 * 3_600_000);

const count = { runbooks: 0, steps: 0, kills: 0 };
afterAll(() => {
  process.stdout.write(`${count.runbooks} runbooks, ${count.steps} steps, ${count.kills} kills\n`);
});

describe("mbctl, as a program of its own against machines over SSH", () => {
  it.concurrent.each(runbooks.map(({ name }) => name))(
    "in %s, killed with SIGKILL in each of its steps and resumed each time, comes to the same end",
    async (name) => {
      const whole = await carryOut(name);
      const broken = await carryOut(name, whole.steps);
      // Both at once: what a step that no kill came to says of the end is of interest too.
      const killed = [...broken.killed, ...broken.overMeanwhile];
      expect({ killed: killed.toSorted(), state: broken.state }).toEqual({
        killed: whole.steps.toSorted(),
        state: whole.state,
      });
      count.runbooks += 1;
      count.steps += whole.steps.length;
      count.kills += broken.killed.length;
    },
  );
});
