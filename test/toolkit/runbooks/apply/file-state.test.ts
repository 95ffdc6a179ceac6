import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { observeFiles, parseFileState } from "../../../../src/toolkit/runbooks/apply/file-state.ts";
import { clusterPart, healthWith } from "../../services/mailnode/a-cluster.ts";
import { printing, runWith } from "../../services/shell.ts";

const folder = mkdtempSync(join(tmpdir(), "mailbastion-standing-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Machine {
  readonly leader?: string;
  readonly databaseSessions?: number;
  readonly bearsVip?: boolean;
}

/** What hangs on node-1, when its mail node, its sockets and its addresses say this. */
function standingOf({ leader, databaseSessions = 0, bearsVip = false }: Machine): number {
  const { argv, stdin } = observeFiles({ machine: "node-1", files: [], hash: "" }, [], "192.168.1.100");
  const program = join(folder, "mbnode");
  rmSync(program, { force: true });
  if (leader !== undefined) {
    writeFileSync(
      program,
      `#!/bin/sh\necho '${JSON.stringify(healthWith("node-1", clusterPart("node-1", { leader })))}'\n`,
    );
    chmodSync(program, 0o755);
  }
  const programs = {
    ip: bearsVip ? "echo 2: eth0 inet 192.168.1.100/32" : "exit 0",
    ss: `case $* in *:3306*) seq ${databaseSessions} ;; esac`,
    systemctl: "exit 1",
  };
  const standIn = argv.map((word) => (word.endsWith("/bin/mbnode") ? program : word));
  const answer = runWith(standIn, { programs, stdin: stdin as string });
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  return parseFileState(answer).standing;
}

describe("what hangs on a machine, before its services restart", () => {
  it("is least where its mail node follows another, or is not there yet", () => {
    expect(standingOf({ leader: "node-2" })).toBe(0);
    expect(standingOf({})).toBe(0);
  });

  it("is more where its mail node leads, more where the database is written to, and most where the VIP is", () => {
    const leads = standingOf({ leader: "node-1" });
    const writes = standingOf({ leader: "node-2", databaseSessions: 2 });
    const bears = standingOf({ leader: "node-2", bearsVip: true });
    expect(leads).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(leads);
    expect(bears).toBeGreaterThan(writes);
  });

  it("is not more for a machine whose name the leader's begins with", () => {
    expect(standingOf({ leader: "node-10" })).toBe(0);
  });
});

describe("the services that a changed file may concern", () => {
  it.each([
    ["runs", "active\nrunning", true],
    ["is starting, and may have read the file before", "activating\nstart", true],
    ["is reloading", "reloading\nreload", true],
    ["is between two tries to start, and reads it anew", "activating\nauto-restart", false],
    ["does not run", "inactive\ndead", false],
    ["has failed", "failed\nfailed", false],
  ])("of one that %s", (_what, state, isConcerned) => {
    const observe = observeFiles(
      { machine: "node-1", files: [], hash: "" },
      ["mariadb.service"],
      "192.168.1.100",
    );
    const programs = { ip: "exit 0", ss: "exit 0", systemctl: printing(state) };
    const { activeUnits } = parseFileState(runWith(observe.argv, { programs, stdin: "" }));
    expect(activeUnits.has("mariadb.service")).toBe(isConcerned);
  });
});

describe("a unit, before its file is changed", () => {
  const look = (unit: string) => {
    const { argv, stdin } = observeFiles(
      { machine: "node-1", files: [], hash: "" },
      ["a.service"],
      "192.168.1.100",
    );
    const programs = { ip: "exit 0", ss: "exit 0", systemctl: printing(unit) };
    return parseFileState(runWith(argv, { programs, stdin: stdin as string }));
  };

  it.each([
    ["runs", "active\nrunning", ["a.service"], []],
    ["is starting", "activating\nstart", ["a.service"], []],
    ["ends again and again", "activating\nauto-restart", [], ["a.service"]],
    ["is not tried any more", "failed\nfailed", [], ["a.service"]],
    ["was stopped, or never started", "inactive\ndead", [], []],
  ])("is known for what it is where it %s", (_what, unit, active, failed) => {
    const { activeUnits, failedUnits } = look(unit);
    expect([[...activeUnits], [...failedUnits]]).toEqual([active, failed]);
  });
});
