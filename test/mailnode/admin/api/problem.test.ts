import { describe, expect, it } from "@jest/globals";
import { PROBLEMS, problemSchema } from "../../../../src/contract/api-problem.ts";
import { problemOf, ProblemError } from "../../../../src/mailnode/admin/api/problem.ts";
import { NotRecorded } from "../../../../src/mailnode/cluster/audit.ts";
import { LevelNotMet, NotProposed, OutcomeUnknown } from "../../../../src/mailnode/cluster/consensus.ts";
import { Refused } from "../../../../src/mailnode/cluster/replica.ts";
import type { RefusalCode } from "../../../../src/mailnode/state/result.ts";
import { UserError } from "../../../../src/support/errors.ts";

const refused = (code: RefusalCode): Refused =>
  new Refused({ ok: false, code, detail: "no", retryAfterMs: 5 });
const accepted = { index: 7, term: 2, replicas: 2, committed: true };

describe("an error as an answer", () => {
  it.each([
    ["a version that differs", refused("VERSION_MISMATCH"), "version-mismatch"],
    ["what is not there", refused("NOT_FOUND"), "not-found"],
    ["what breaks the state's rules", refused("MALFORMED"), "invalid"],
    ["the last admin", refused("LAST_ADMIN"), "conflict"],
    ["a refusal without an entry of its own", refused("FENCED"), "conflict"],
    ["what nobody took", new NotProposed("no-leader"), "not-proposed"],
    ["what is too large for the log", new NotProposed("too-large"), "too-large"],
    ["what may or may not be done", new OutcomeUnknown("silence"), "outcome-unknown"],
    ["what is committed on too few disks", new LevelNotMet(accepted, "all"), "level-not-met"],
    ["what is done and not written down", new NotRecorded("done"), "not-recorded"],
    ["a member that nobody knows", new UserError("CLUSTER_MEMBER_UNKNOWN", "who?", "x"), "not-found"],
    ["another fault of a person", new UserError("CLUSTER_NO_HEIR", "none", "x"), "conflict"],
    ["a fault of ours", new TypeError("secret of the stack"), "internal"],
  ] as const)("is, for %s, a problem of its kind in the agreed shape", (_what, error, code) => {
    const body = problemOf(error).body("id-1");
    expect(problemSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      type: `urn:mailbastion:problem:${code}`,
      status: PROBLEMS[code].status,
      requestId: "id-1",
    });
    expect(body.remedy).not.toBe("");
  });

  it("has a status of its own for each kind of what is not known, and for what is definite", () => {
    const statuses = [
      "conflict",
      "not-proposed",
      "not-recorded",
      "outcome-unknown",
      "level-not-met",
    ] as const;
    expect(new Set(statuses.map((code) => PROBLEMS[code].status)).size).toBe(5);
  });

  it("says when to try again, and on how many disks it is", () => {
    expect(problemOf(refused("TABLE_FULL")).body("x")).toMatchObject({
      reason: "TABLE_FULL",
      retryAfterMs: 5,
    });
    expect(problemOf(new LevelNotMet(accepted, "all")).body("x")).toMatchObject({
      level: "all",
      replicas: 2,
    });
  });

  it("tells nobody what a fault of ours was", () => {
    expect(JSON.stringify(problemOf(new TypeError("secret of the stack")).body("x"))).not.toContain("secret");
  });

  it("passes on what is a problem already", () => {
    const problem = new ProblemError("forbidden", "a", "b");
    expect(problemOf(problem)).toBe(problem);
  });
});
