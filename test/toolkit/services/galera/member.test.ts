import { describe, expect, it } from "@jest/globals";
import {
  hasNoHistory,
  historyOf,
  isUp,
  observeMember,
  parseMember,
} from "../../../../src/toolkit/services/galera/member.ts";
import { runWith } from "../shell.ts";
import { answer, bare, grastate, inService, looking, standalone, survivor } from "./recorded.ts";

describe("what a database machine says of itself", () => {
  it("is in service when all four conditions hold", () => {
    expect(parseMember("node-1", inService(0)).status).toMatchObject({
      clusterStatus: "Primary",
      inService: true,
    });
    expect(parseMember("node-1", survivor(0)).status).toMatchObject({
      clusterStatus: "non-Primary",
      inService: false,
    });
  });

  it.each([
    "wsrep_cluster_status\tPrimary",
    "wsrep_local_state_comment\tSynced",
    "wsrep_ready\tON",
    "wsrep_connected\tON",
  ])("is not in service without %s", (line) => {
    const { stdout } = inService(0);
    const without = stdout.replace(line, `${line.split("\t")[0]}\tOFF`);
    expect(parseMember("node-1", { code: 0, stdout: without, stderr: "" }).status!.inService).toBe(false);
  });

  it("has no history on a machine without MariaDB, and on one that only ever tried to join", () => {
    const zero = grastate(-1, { uuid: "00000000-0000-0000-0000-000000000000" });
    expect(hasNoHistory(parseMember("node-1", bare))).toBe(true);
    expect(hasNoHistory(parseMember("node-1", answer({ unit: "failed", grastate: zero })))).toBe(true);
    expect(hasNoHistory(parseMember("node-1", looking(0)))).toBe(false);
  });

  it("has the history of its data", () => {
    expect(historyOf(parseMember("node-1", looking(0)))).toBe("82427ec6-e685-11f1-923a-a2e7766fb756");
  });

  it("holds data when there are tables that are not the server's own", () => {
    expect(parseMember("node-1", standalone)).toMatchObject({ holdsData: true, status: { wsrepOn: false } });
    expect(parseMember("node-1", bare).holdsData).toBe(false);
  });

  it("is up while systemd starts it over and over", () => {
    expect(isUp(parseMember("node-1", looking(0)))).toBe(true);
    expect(isUp(parseMember("node-1", bare))).toBe(false);
  });

  it("lingers where its unit could not end it", () => {
    const programs = { mariadb: "exit 1", journalctl: "exit 1", find: "exit 1", cat: "exit 1" };
    const ask = (state: string, pgrep: string) =>
      parseMember(
        "node-1",
        runWith(observeMember().argv, { programs: { ...programs, systemctl: `echo ${state}`, pgrep } }),
      );
    expect(ask("failed", "echo 4711")).toMatchObject({ unit: "failed", isLingering: true });
    for (const [state, pgrep] of [
      ["failed", "exit 1"],
      ["active", "echo 4711"],
    ] as const)
      expect(ask(state, pgrep).isLingering).toBeUndefined();
  });

  it("answers with exit code 0 and nothing where MariaDB is not installed", () => {
    const missing = "exit 127";
    const programs = {
      systemctl: "echo inactive; exit 3",
      mariadb: missing,
      journalctl: missing,
      find: missing,
      cat: "exit 1",
    };
    const said = runWith(observeMember().argv, { programs });
    expect(said.code).toBe(0);
    expect(parseMember("node-1", said)).toEqual({ machine: "node-1", unit: "inactive", holdsData: false });
  });

  it("stands where a recovery found it to stand, before what the log of its last start says", () => {
    const said = looking(0, 24);
    const asked = "@asked\nWSREP: Recovered position 82427ec6-e685-11f1-923a-a2e7766fb756:26,0-1-9\n";
    expect(parseMember("node-1", { ...said, stdout: `${said.stdout}${asked}` }).recovered!.seqno).toBe(26n);
  });

  it("says when half a copy lies there, when it is left out, and when its next start would begin a cluster", () => {
    const { stdout } = looking(0, 24);
    const all = `${stdout}@copying\nyes\n@leftout\nyes\n@marked\nyes\n`;
    expect(parseMember("node-1", { code: 0, stdout: all, stderr: "" })).toMatchObject({
      isCopying: true,
      isLeftOut: true,
      isMarked: true,
    });
    expect(parseMember("node-1", looking(0, 24))).not.toHaveProperty("isLeftOut");
  });
});
