import { describe, expect, it, jest } from "@jest/globals";
import { runbooks } from "../../../src/toolkit/runbooks/registry.ts";
import { carryOut, undisturbed } from "./rehearsal/kill.ts";

// Real programs and real handshakes: on a busy machine they take their time.
jest.setTimeout(600_000);

describe("mbctl, as a program of its own against machines over SSH", () => {
  // In each of its steps: every-step.kills.ts.
  it.each(runbooks.map(({ name }) => name))(
    "in %s, killed with SIGKILL in its middle and in its last step, comes to the same end when it is resumed elsewhere",
    async (name) => {
      const { steps, state } = await undisturbed(name);
      const chosen = new Set([steps[Math.floor((steps.length - 1) / 2)]!, steps.at(-1)!]);
      const broken = await carryOut(name, chosen);
      expect(broken.killed.toSorted()).toEqual([...chosen].toSorted());
      expect(broken.state).toEqual(state);
    },
  );
});
