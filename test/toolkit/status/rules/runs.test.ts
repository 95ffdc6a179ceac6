import { describe, expect, it } from "@jest/globals";
import { runRules } from "../../../../src/toolkit/status/rules/runs.ts";
import { found, inShort } from "../whole.ts";

const LOCK = {
  run: "20261122-170000-abcd",
  command: "mbctl drain node-2",
  by: "alice@desk",
  isManual: false,
  isStale: false,
  ageSeconds: 4,
  message: "",
};
const RUN = { run: LOCK.run, command: LOCK.command, by: LOCK.by };

describe("the rules about the lock and about runs", () => {
  it("find nothing where nobody works", () => {
    expect(found(runRules)).toEqual([]);
  });

  it("note who works, once, and keep quiet of the run that holds the lock", () => {
    const findings = found(runRules, (status) => {
      for (const { runs } of status.machines) Object.assign(runs!, { lock: LOCK, unfinished: [RUN] });
    });
    expect(inShort(findings)).toEqual(["note: alice@desk holds the cluster's lock: mbctl drain node-2 -> "]);
  });

  it("give the message of a lock that was taken by hand", () => {
    const findings = found(runRules, (status) => {
      status.machines[0]!.runs!.lock = { ...LOCK, isManual: true, message: "the power company works" };
    });
    expect(findings[0]!.finding).toBe("alice@desk holds the cluster's lock: the power company works");
  });

  it("warn of a stale lock and of its run, with what to type; a lock that is renewed anywhere is alive", () => {
    const stale = (each: readonly boolean[]) =>
      found(runRules, (status) => {
        each.forEach((isStale, index) => {
          const lock = { ...LOCK, isStale, ageSeconds: isStale ? 400 : 3 };
          Object.assign(status.machines[index]!.runs!, { lock, unfinished: [RUN] });
        });
      });
    expect(inShort(stale([true, true, true]))).toEqual([
      "warning: the cluster's lock is still held on node-1, node-2 and node-3 by alice@desk (mbctl drain node-2), not heard of for 7 min -> mbctl resume goes on with its work, mbctl abort takes it back",
      `warning: mbctl drain node-2 of alice@desk was begun and not finished -> mbctl resume ${LOCK.run} goes on with it, mbctl abort ${LOCK.run} takes it back`,
    ]);
    expect(stale([true, false, true]).map(({ rule }) => rule)).toEqual(["lock-held"]);
  });

  it("believe a machine that saw a run end over one that was away then", () => {
    const findings = found(runRules, (status) => {
      status.machines[0]!.runs!.unfinished = [RUN];
      status.machines[1]!.runs!.ended = [RUN.run];
    });
    expect(findings).toEqual([]);
  });
});
