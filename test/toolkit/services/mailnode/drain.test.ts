import { describe, expect, it } from "@jest/globals";
import { isNodeDrained, isNodeReady } from "../../../../src/toolkit/services/mailnode/drain.ts";
import type { Gate } from "../../../../src/toolkit/steps/step.ts";
import { runWith } from "../shell.ts";

describe("the mail node of a machine that is drained or given back", () => {
  it.each([
    ["takes mail", true, 0, 1, 0],
    ["is drained and nothing else", true, 3, 0, 1],
    ["has another fault", true, 1, 1, 1],
    ["does not answer", true, 127, 1, 1],
    ["does not run, and so takes no mail", false, 127, 0, 1],
  ])("is believed only by its own word: one that %s", (_which, isActive, ends, drained, ready) => {
    const code = ({ command }: Gate) =>
      runWith(
        command.argv.map((word) => (word.endsWith("/mbnode") ? "mbnode" : word)),
        { programs: { mbnode: `exit ${ends}`, systemctl: `exit ${isActive ? 0 : 3}` } },
      ).code;
    expect([code(isNodeDrained()), code(isNodeReady())]).toEqual([drained, ready]);
  });
});
