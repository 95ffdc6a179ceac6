import { describe, expect, it } from "@jest/globals";
import { isNodeDrained, isNodeReady } from "../../../../src/toolkit/services/mailnode/drain.ts";
import type { Gate } from "../../../../src/toolkit/steps/step.ts";
import { runWith } from "../shell.ts";

describe("the mail node of a machine that is drained or given back", () => {
  it.each([
    ["takes mail", 0, 1, 0],
    ["is drained and nothing else", 3, 0, 1],
    ["has another fault", 1, 1, 1],
    ["does not run", 127, 1, 1],
  ])("is believed only by its own word: one that %s", (_which, ends, drained, ready) => {
    const code = ({ command }: Gate) =>
      runWith(
        command.argv.map((word) => (word.endsWith("/mbnode") ? "mbnode" : word)),
        { programs: { mbnode: `exit ${ends}` } },
      ).code;
    expect([code(isNodeDrained()), code(isNodeReady())]).toEqual([drained, ready]);
  });
});
