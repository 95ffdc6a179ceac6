import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { stopServer } from "../../../../src/toolkit/services/galera/stop.ts";
import { runWith } from "../shell.ts";

interface Unit {
  readonly state: string;
  /** Whether the server has come into service since its unit was started. */
  readonly wasActive: boolean;
  /** What a stop makes of the state, and whether it ends the process. By default it does nothing at all. */
  readonly stopped?: "inactive" | "failed";
  /** After how many looks at it the process ends by itself, if ever. */
  readonly endsAfter?: number;
}

/*
 * systemd is a stand-in that says what systemd 252 was seen to say of a unit with SendSIGKILL=no in each of these states.
 */
describe("stopping the database server", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-stop-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The exit code, and what systemctl was told, in order. */
  function stop({ state, wasActive, stopped, endsAfter = 1e6 }: Unit) {
    writeFileSync(join(folder, "state"), state);
    writeFileSync(join(folder, "told"), "");
    writeFileSync(join(folder, "process"), "x".repeat(endsAfter));
    const [activeEnter, inactiveExit] = wasActive ? [900, 500] : [100, 500];
    const systemctl = `
case "$*" in
  is-active*) cat ${folder}/state; exit ;;
  *ActiveEnterTimestampMonotonic*) echo ${activeEnter}; exit ;;
  *InactiveExitTimestampMonotonic*) echo ${inactiveExit}; exit ;;
esac
echo "$@" >>${folder}/told
case "$1 ${stopped ?? ""}" in
  stop\\ ?*) printf ${stopped ?? ""} >${folder}/state ;;
  kill*) printf failed >${folder}/state; : >${folder}/process ;;
esac`;
    const pgrep = `
[ -s ${folder}/process ] || exit 1
echo 4711
truncate --size=-1 ${folder}/process`;
    const { code, stderr } = runWith(stopServer().argv, { programs: { systemctl, pgrep, sleep: "exit 0" } });
    return { code, stderr, told: readFileSync(join(folder, "told"), "utf8").trim().split("\n") };
  }

  const KILLED = [
    "stop --no-block mariadb.service",
    "kill --signal=KILL mariadb.service",
    "stop mariadb.service",
  ];

  it("waits for one that works, and never kills it", () => {
    const told = ["stop mariadb.service"];
    expect(stop({ state: "active", wasActive: true, stopped: "inactive" })).toMatchObject({ code: 0, told });
    expect(stop({ state: "inactive", wasActive: true })).toMatchObject({ code: 0, told });
  });

  it("never kills one that was in service and that somebody stops already, also when its unit's time is over", () => {
    const told = ["stop mariadb.service"];
    const unit = { state: "deactivating", wasActive: true, stopped: "failed" } as const;
    expect(stop({ ...unit, endsAfter: 30 })).toMatchObject({ code: 0, told });
    expect(stop({ ...unit, state: "failed", endsAfter: 30 })).toMatchObject({ code: 0, told });
    expect(stop(unit)).toMatchObject({
      code: 1,
      told,
      stderr: "mariadb.service was in service and has not ended yet: it is not killed\n",
    });
  });

  it("kills none that starts and heeds it", () => {
    expect(stop({ state: "activating", wasActive: false, stopped: "inactive" })).toMatchObject({
      code: 0,
      told: ["stop --no-block mariadb.service"],
    });
  });

  it.each(["activating", "deactivating", "failed"])(
    "kills one that waits for a primary component and does not heed it, with its unit %s",
    (state) => {
      expect(stop({ state, wasActive: false })).toMatchObject({ code: 0, told: KILLED });
    },
  );

  it("has nothing to kill where the start failed and no process is left", () => {
    expect(stop({ state: "failed", wasActive: false, endsAfter: 0 })).toMatchObject({
      code: 0,
      told: ["stop --no-block mariadb.service"],
    });
  });
});
