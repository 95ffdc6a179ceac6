import { describe, expect, it } from "@jest/globals";
import { parseMember } from "../../../../src/toolkit/services/galera/member.ts";
import { knownPosition } from "../../../../src/toolkit/services/galera/position-table.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { answer, crashed, grastate, inService, looking, stopped } from "./recorded.ts";

const position = (said: Answer) => knownPosition(parseMember("node-1", said));

describe("where a member stands", () => {
  it("is what the running server says, else the saved state, else what its start recovered", () => {
    expect(position(inService(0))).toMatchObject({ seqno: 31n, source: "running server" });
    expect(position(stopped(24))).toMatchObject({ seqno: 24n, source: "saved state" });
    expect(position(looking(0, 26))).toMatchObject({ seqno: 26n, source: "recovered from data" });
  });

  it("is unknown after a crash that no start has followed", () => {
    expect(position(crashed(0))).toBeUndefined();
  });

  it("is never a place in the empty history", () => {
    const zero = "00000000-0000-0000-0000-000000000000";
    expect(
      position(answer({ unit: "inactive", grastate: grastate(9, { uuid: zero, safe: 1 }) })),
    ).toBeUndefined();
  });
});
