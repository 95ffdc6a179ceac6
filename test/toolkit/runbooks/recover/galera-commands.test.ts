import { describe, expect, it } from "@jest/globals";
import {
  beganCluster,
  clearAllMarks,
  hasNoMarks,
  isDown,
  isOneOf,
  recoverPosition,
  stopMember,
} from "../../../../src/toolkit/runbooks/recover/galera-commands.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { printing, runWith } from "../../services/shell.ts";
import { OTHER_HISTORY } from "../../services/galera/recorded.ts";

const HISTORY = "82427ec6-e685-11f1-923a-a2e7766fb756";
const told = ({ argv }: Command, programs: Readonly<Record<string, string>>) => runWith(argv, { programs });
const nobody = { pgrep: "exit 1", systemctl: "exit 0" };

describe("stopping a member", () => {
  it("is refused when it has become primary since it was looked at", () => {
    const systemctl = "case $1 in is-active) echo inactive ;; show) echo 0 ;; *) echo stopped ;; esac";
    const primary = told(stopMember(), { mariadb: printing("wsrep_cluster_status\tPrimary"), systemctl });
    expect(primary).toMatchObject({ code: 1, stdout: "" });
    expect(primary.stderr).toContain("in a primary component now");
    for (const mariadb of [printing("wsrep_cluster_status\tnon-Primary"), "exit 1"])
      expect(told(stopMember(), { mariadb, systemctl })).toMatchObject({ code: 0, stdout: "stopped\n" });
  });
});

describe("asking the data for their position", () => {
  it("is done by Debian's own program without options, so with the server's whole configuration", () => {
    const { argv, mutates } = recoverPosition();
    expect(mutates).toBe(true);
    expect(argv[2]).toMatch(/\$\(galera_recovery 2>&1/);
  });

  it("is refused while a server runs, whoever started it", () => {
    const said = told(recoverPosition(), { ...nobody, pgrep: "echo 4711", galera_recovery: "echo asked" });
    expect(said).toMatchObject({ code: 1, stderr: "4711\na database server runs\n" });
  });

  it("says why when the data cannot be read", () => {
    const said = told(recoverPosition(), {
      ...nobody,
      // This machine may have a database of its own, or none.
      find: "exit 0",
      galera_recovery: "echo 'WSREP: Failed to start mysqld for wsrep recovery' >&2; exit 1",
    });
    expect(said.code).toBe(1);
    expect(said.stderr).toContain("Failed to start mysqld");
  });
});

describe("bootstrap marks", () => {
  it("are none on a machine that has none", () => {
    expect(told(hasNoMarks(), nobody).code).toBe(0);
    expect(told(isDown(), nobody).code).toBe(0);
  });

  it("are found with systemd, where a killed bootstrap of earlier versions leaves them", () => {
    const left = { ...nobody, systemctl: "echo _WSREP_NEW_CLUSTER=--wsrep-new-cluster" };
    expect(told(hasNoMarks(), left).code).toBe(1);
    expect(told(isDown(), left).code).toBe(1);
  });

  it("are taken from systemd too", () => {
    const said = told(clearAllMarks(), { ...nobody, systemctl: 'echo "$@"', rm: "exit 0", sed: "exit 0" });
    expect(said.stdout).toBe("unset-environment _WSREP_NEW_CLUSTER\n");
  });

  it("of a running server show in its arguments", () => {
    const found = { pgrep: "exit 1", mariadb: printing("size\t3") };
    expect(told(beganCluster(), found).stdout).toBe("size\t3\n");
  });
});

describe("a member of the cluster", () => {
  const rows = (changes: Readonly<Record<string, string>> = {}) =>
    Object.entries({
      wsrep_cluster_size: "3",
      wsrep_cluster_state_uuid: HISTORY,
      wsrep_cluster_status: "Primary",
      wsrep_connected: "ON",
      wsrep_local_state_comment: "Synced",
      wsrep_ready: "ON",
      ...changes,
    })
      .map((row) => row.join("\t"))
      .join("\n");
  const isOne = (changes?: Readonly<Record<string, string>>) =>
    told(isOneOf(HISTORY, 3), { mariadb: printing(rows(changes)) }).code;

  it("meets all four conditions, has the history and sees the others", () => {
    expect(isOne()).toBe(0);
    expect(isOne({ wsrep_cluster_size: "5" })).toBe(0);
  });

  it.each([
    { wsrep_cluster_status: "non-Primary" },
    { wsrep_local_state_comment: "Donor/Desynced" },
    { wsrep_ready: "OFF" },
    { wsrep_connected: "OFF" },
    { wsrep_cluster_size: "2" },
    { wsrep_cluster_state_uuid: OTHER_HISTORY },
  ])("is none with %j", (changes) => {
    expect(isOne(changes)).toBe(1);
  });
});
