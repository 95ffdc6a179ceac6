import { describe, expect, it } from "@jest/globals";
import { storageRules } from "../../../../src/toolkit/status/rules/storage.ts";
import { found, inShort, machineOf, takeAway } from "../whole.ts";

describe("the rules about the storage", () => {
  it("find nothing where all peers are connected and nothing waits", () => {
    expect(found(storageRules)).toEqual([]);
  });

  it("name peers without a connection, and not those that are away", () => {
    const lost = (isAway: boolean) =>
      found(storageRules, (status) => {
        const { peers } = machineOf(status, "node-1").evidence.glusterfs!;
        peers.find(({ names }) => names[0] === "192.168.1.103")!.isConnected = false;
        if (isAway) takeAway(status, "node-3");
      });
    expect(inShort(lost(false))).toEqual([
      "warning: GlusterFS on node-1 has no connection to node-3 -> mbctl recover storage, which starts what is off; mbctl apply joins what is not in the pool",
    ]);
    expect(lost(true)).toEqual([]);
  });

  it("count what waits to be healed once, as all see the same", () => {
    const findings = found(storageRules, (status) => {
      for (const { evidence } of status.machines) evidence.glusterfs!.heal = { pending: 7, splitBrain: 0 };
    });
    expect(inShort(findings)).toEqual([
      "warning: 7 entries of volume mail wait to be healed -> wait until it is 0 before another storage machine is taken down",
    ]);
  });

  it("say of a split-brain how it is resolved, and keep quiet of the count beside it", () => {
    const findings = found(storageRules, (status) => {
      machineOf(status, "node-2").evidence.glusterfs!.heal = { pending: 3, splitBrain: 2 };
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]!.severity).toBe("critical");
    expect(findings[0]!.remedy).toContain("gluster volume heal mail split-brain latest-mtime FILE");
    expect(findings[0]!.remedy).toContain(
      "gluster volume heal mail split-brain source-brick ADDRESS:BRICK FILE",
    );
  });
});
