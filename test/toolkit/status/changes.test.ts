import { describe, expect, it } from "@jest/globals";
import { changesSince } from "../../../src/toolkit/status/changes.ts";
import type { ClusterStatus } from "../../../src/toolkit/status/cluster-status.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { machineOf, takeAway, viewOf } from "./whole.ts";

function judged(spoil?: (status: ClusterStatus) => void) {
  const view = viewOf(spoil);
  return { status: view.status, findings: findings(view) };
}

describe("what changed between two looks", () => {
  it("is nothing when nothing did, whatever the counters say", () => {
    const later = judged((status) => {
      status.at += 5_000;
      machineOf(status, "node-1").evidence.galera!.lastCommitted = "99";
      machineOf(status, "node-1").facts!.load = 3;
    });
    expect(changesSince(judged(), later)).toEqual([]);
  });

  it("is who holds what now, and which findings came", () => {
    const later = judged((status) => {
      status.vipHolders = ["node-2"];
      takeAway(status, "node-1");
    });
    expect(changesSince(judged(), later)).toEqual([
      "the VIP: node-1 -> node-2",
      "node-1: answers -> no answer",
      expect.stringMatching(/^\+ node-1 cannot be reached/),
      expect.stringMatching(/^\+ no Redis that answers is master/),
    ]);
  });

  it("is which findings are over", () => {
    const before = judged((status) => {
      machineOf(status, "node-2").evidence.galera!.isReadOnly = true;
    });
    expect(changesSince(before, judged())).toEqual([
      "over: the database on node-2 takes no writes: read_only is set",
    ]);
  });

  it("is not a finding whose sentence counts on", () => {
    const queue = (oldestSeconds: number) =>
      judged((status) => {
        Object.assign(machineOf(status, "node-2").evidence.mailnode!.queue, { messages: 3, oldestSeconds });
      });
    expect(changesSince(queue(5_000), queue(6_000))).toEqual([]);
  });
});
