import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COPY_MARK } from "../../../../src/toolkit/services/galera/names.ts";
import { restartGate } from "../../../../src/toolkit/services/galera/restart-gate.ts";
import { printing, runWith } from "../shell.ts";

const { command } = restartGate();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-mark-"));
  writeFileSync(join(folder, "mark"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The gate's own script in a real shell; only systemd, the client and the place of the mark are stand-ins. */
function ask(unit: string, state: string | undefined, isMarked = false) {
  const mark = join(folder, isMarked ? "mark" : "none");
  return runWith(
    command.argv.map((word) => (word === COPY_MARK ? mark : word)),
    {
      programs: {
        systemctl: printing(unit, unit === "active" ? 0 : 3),
        mariadb: state === undefined ? "exit 1" : printing(`wsrep_local_state_comment\t${state}`),
      },
    },
  );
}

describe("before a member is restarted", () => {
  it("is asked for the mark where the server puts it", () => {
    expect(command.argv.filter((word) => word === COPY_MARK)).toHaveLength(1);
    expect(command.mutates).toBe(false);
  });

  it.each([
    ["is synced", "active", "Synced"],
    ["is cut off from the others", "active", "Initialized"],
    ["runs and does not answer", "active", undefined],
    ["is down", "inactive", undefined],
    ["has failed", "failed", undefined],
    ["waits for its next try to start", "auto-restart", undefined],
  ])("one that %s does not keep it", (_what, unit, state) => {
    expect(ask(unit, state)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it.each([
    ["gives a copy", "active", "Donor/Desynced", "gives a copy of the data to another one: Donor/Desynced"],
    ["takes a copy", "activating", "Joining: receiving State Transfer", "takes what it missed: Joining"],
    ["has the copy and not yet what came since", "active", "Joined", "takes what it missed: Joined"],
    ["is starting", "activating", undefined, "the server is starting"],
  ])("one that %s keeps it, and says why", (_what, unit, state, why) => {
    const { code, stderr } = ask(unit, state);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });

  it.each([
    ["while it does not answer", "activating", undefined],
    ["also when it is in service", "active", "Synced"],
  ])("the mark of a copy keeps a running server, %s", (_when, unit, state) => {
    const { code, stderr } = ask(unit, state, true);
    expect(code).toBe(1);
    expect(stderr).toContain("a copy of the data to this member has begun and not ended");
  });

  it("the mark on a machine whose server does not run keeps nobody: its next start begins a new copy", () => {
    expect(ask("failed", undefined, true).code).toBe(0);
  });
});
