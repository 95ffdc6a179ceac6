import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { stopServer } from "../../../../src/toolkit/services/galera/stop.ts";
import { runWith } from "../shell.ts";

describe("stopping the database server", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-stop-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A unit in a state, of which a stop or a kill makes another one; what systemctl was told, in order. */
  function stop(state: string, { heeds }: { readonly heeds: boolean }): readonly string[] {
    writeFileSync(join(folder, "state"), state);
    writeFileSync(join(folder, "told"), "");
    const systemctl = `
if [ "$1" = is-active ]; then cat ${folder}/state; exit; fi
echo "$@" >>${folder}/told
case "${heeds} $1 $2" in true\\ stop* | *--signal=KILL) printf inactive >${folder}/state ;; esac`;
    const { code } = runWith(stopServer().argv, { programs: { systemctl, sleep: "exit 0" } });
    expect(code).toBe(0);
    return readFileSync(join(folder, "told"), "utf8").trim().split("\n");
  }

  it("waits for one that works, and never kills it", () => {
    expect(stop("active", { heeds: true })).toEqual(["stop mariadb.service"]);
    expect(stop("active", { heeds: false })).toEqual(["stop mariadb.service"]);
  });

  it("kills none that starts and heeds it", () => {
    expect(stop("activating", { heeds: true })).toEqual(["stop --no-block mariadb.service"]);
  });

  it("kills one that waits for a primary component and does not heed it", () => {
    expect(stop("activating", { heeds: false })).toEqual([
      "stop --no-block mariadb.service",
      "kill --signal=KILL mariadb.service",
      "stop mariadb.service",
    ]);
  });
});
