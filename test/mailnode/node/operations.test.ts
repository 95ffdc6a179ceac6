import { describe, expect, it } from "@jest/globals";
import { NotRecorded, type Audit } from "../../../src/mailnode/cluster/audit.ts";
import { NotProposed, OutcomeUnknown } from "../../../src/mailnode/cluster/consensus.ts";
import { Operations } from "../../../src/mailnode/node/operations.ts";
import { UserError } from "../../../src/support/errors.ts";
import { quietLog } from "../fixtures/quiet-log.ts";

/** An audit log that takes no record at a chosen moment, for which no real cluster can be told. */
class OwnAudit {
  readonly records: (readonly (string | undefined)[])[] = [];
  fails: Error | undefined;

  async record(...record: readonly (string | undefined)[]): Promise<void> {
    if (this.fails) throw this.fails;
    this.records.push(record);
  }
}

describe("an operation on the cluster", () => {
  const operation = { action: "member.add", target: "node-4", actor: "alice" };
  const made = (): { audit: OwnAudit; operations: Operations } => {
    const audit = new OwnAudit();
    return { audit, operations: new Operations(audit as unknown as Audit, quietLog) };
  };

  it("is written down with whom it was done to, and not when nothing had to be done", async () => {
    const { audit, operations } = made();
    expect(await operations.run(operation, async () => "node-5")).toBe("node-5");
    expect(await operations.run(operation, async () => undefined)).toBeUndefined();
    expect(audit.records).toEqual([["member.add", "node-5", "alice"]]);
  });

  it.each([
    ["a refusal", new UserError("CLUSTER_CHANGE_REFUSED", "no", "x"), "CLUSTER_CHANGE_REFUSED"],
    ["an unclear end", new OutcomeUnknown("silence"), "OUTCOME_UNKNOWN"],
    ["a transfer that did not come about", new NotProposed("transferring"), "NOT_PROPOSED"],
  ])(
    "is written down with its code for %s, which is still what the caller hears",
    async (_what, error, code) => {
      const { audit, operations } = made();
      await expect(operations.run(operation, () => Promise.reject(error))).rejects.toBe(error);
      expect(audit.records).toEqual([["member.add", "node-4", "alice", code]]);
      audit.fails = new NotProposed("no-leader");
      await expect(operations.run(operation, () => Promise.reject(error))).rejects.toBe(error);
    },
  );

  it("is not written down when no leader took it: none would take the record", async () => {
    const { audit, operations } = made();
    const error = new NotProposed("no-leader");
    await expect(operations.run(operation, () => Promise.reject(error))).rejects.toBe(error);
    expect(audit.records).toEqual([]);
  });

  it("is said to be done when only its record was not taken", async () => {
    const { audit, operations } = made();
    audit.fails = new NotProposed("no-leader");
    await expect(operations.run(operation, async () => "node-4")).rejects.toThrow(NotRecorded);
  });
});
