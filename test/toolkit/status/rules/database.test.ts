import { describe, expect, it } from "@jest/globals";
import { databaseRules } from "../../../../src/toolkit/status/rules/database.ts";
import { drain, found, inShort, machineOf, takeAway } from "../whole.ts";

describe("the rules about the database", () => {
  it("find nothing in one component of three that are in service", () => {
    expect(found(databaseRules)).toEqual([]);
  });

  it("find nothing of their own when a machine is away and the others count two", () => {
    const findings = found(databaseRules, (status) => {
      takeAway(status, "node-3");
      for (const name of ["node-1", "node-2"]) machineOf(status, name).evidence.galera!.clusterSize = 2;
    });
    expect(findings).toEqual([]);
  });

  it("name members in service that belong to different histories, whatever their positions", () => {
    const findings = found(databaseRules, (status) => {
      Object.assign(machineOf(status, "node-3").evidence.galera!, {
        stateUuid: "11111111-2222-3333-4444-555555555555",
        lastCommitted: "9",
        clusterSize: 3,
      });
    });
    expect(findings).toEqual([
      expect.objectContaining({
        rule: "database-histories",
        severity: "critical",
        remedy:
          "decide which history to keep, stop mariadb on the machines of the other, save their /var/lib/mysql elsewhere and empty it, then run mbctl apply",
        evidence: [
          "node-1 and node-2: wsrep_cluster_state_uuid 82427ec6-e685-11f1-923a-a2e7766fb756",
          "node-3: wsrep_cluster_state_uuid 11111111-2222-3333-4444-555555555555",
        ],
      }),
    ]);
  });

  it("name members that do not count alike, and a count that leaves out somebody who is in service", () => {
    const sizes = (...counts: readonly number[]) =>
      found(databaseRules, (status) => {
        counts.forEach((size, index) => {
          status.machines[index]!.evidence.galera!.clusterSize = size;
        });
      }).map(({ rule }) => rule);
    expect(sizes(3, 3, 2)).toEqual(["database-split"]);
    expect(sizes(1, 1, 1)).toEqual(["database-split"]);
    expect(sizes(3, 3, 3)).toEqual([]);
  });

  it("note a member that gives or takes a copy", () => {
    const findings = found(databaseRules, (status) => {
      machineOf(status, "node-2").evidence.galera!.localState = "Donor/Desynced";
    });
    expect(inShort(findings)).toEqual([
      "note: the database on node-2 is Donor/Desynced: it gives another one a copy -> ",
    ]);
  });

  it("name a member that takes no writes, unless it is drained", () => {
    const readOnly = (isDrained: boolean) =>
      found(databaseRules, (status) => {
        machineOf(status, "node-2").evidence.galera!.isReadOnly = true;
        if (isDrained) drain(status, "node-2");
      }).map(({ rule }) => rule);
    expect(readOnly(false)).toEqual(["database-read-only"]);
    expect(readOnly(true)).toEqual([]);
  });

  it("name a member that slows all writers down", () => {
    const findings = found(databaseRules, (status) => {
      Object.assign(machineOf(status, "node-3").evidence.galera!, {
        receiveQueue: 4_000,
        flowControlPaused: 0.31,
      });
    });
    expect(findings[0]!.finding).toBe(
      "the database on node-3 does not keep up: 4000 writesets wait, and writers were held back 31 % of the time",
    );
    expect(findings[0]!.severity).toBe("warning");
  });

  it("only note that one did so once: the share counts from the server's start", () => {
    const findings = found(databaseRules, (status) => {
      machineOf(status, "node-3").evidence.galera!.flowControlPaused = 0.31;
    });
    expect(findings.map(({ severity }) => severity)).toEqual(["note"]);
  });

  it("name the mark of an unfinished copy on a member that is in service, and not on one that takes a copy", () => {
    const copying = (localState: string) =>
      found(databaseRules, (status) => {
        Object.assign(machineOf(status, "node-3").evidence.galera!, { isCopying: true, localState });
      }).map(({ rule }) => rule);
    expect(copying("Synced")).toEqual(["database-copy-mark"]);
    expect(copying("Joined")).toEqual(["database-catching-up"]);
  });
});
