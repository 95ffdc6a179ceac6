import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { areBricksStopped, stopBricks } from "../../../../src/toolkit/services/glusterfs/stop.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { runWith } from "../shell.ts";

/* Real processes: copies of sleep under the names of the real programs, with their files of process ids elsewhere. */

describe("the processes of a volume", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "bricks-"));
    mkdirSync(join(folder, "vols", "quarantine"), { recursive: true });
    mkdirSync(join(folder, "shd", "quarantine"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = ({ argv }: Command) =>
    runWith(
      argv.map((word) => word.replaceAll("/run/gluster", folder)),
      {},
    ).code;
  const start = async (program: string, file: string) => {
    copyFileSync("/bin/sleep", join(folder, program));
    const child = spawn(join(folder, program), ["60"]);
    await once(child, "spawn");
    writeFileSync(join(folder, file), `${child.pid}\n`);
    return { child, ended: once(child, "exit") as Promise<[number | null, string | null]> };
  };

  it("are told to end in order, brick and healer, and are seen to have ended", async () => {
    const brick = await start("glusterfsd", "vols/quarantine/brick.pid");
    const healer = await start("glusterfs", "shd/quarantine/quarantine-shd.pid");
    expect(run(areBricksStopped("quarantine").command)).toBe(1);
    expect(run(stopBricks("quarantine"))).toBe(0);
    expect(await Promise.all([brick.ended, healer.ended])).toEqual([
      [null, "SIGTERM"],
      [null, "SIGTERM"],
    ]);
    expect(run(areBricksStopped("quarantine").command)).toBe(0);
  });

  it("are not mistaken for another program that has got the number since", async () => {
    const other = await start("postgres", "vols/quarantine/brick.pid");
    expect(run(stopBricks("quarantine"))).toBe(0);
    expect(run(areBricksStopped("quarantine").command)).toBe(0);
    expect(other.child.exitCode).toBeNull();
    other.child.kill();
    expect(await other.ended).toEqual([null, "SIGTERM"]);
  });

  it("have ended where there never were any", () => {
    expect(run(areBricksStopped("another").command)).toBe(0);
    expect(run(stopBricks("another"))).toBe(0);
  });
});
