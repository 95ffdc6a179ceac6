import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lookAtMachine, stateOf } from "../../../src/toolkit/release/machine-state.ts";
import { prepareRelease } from "../../../src/toolkit/release/prepare-release.ts";
import type { Release } from "../../../src/toolkit/release/release.ts";
import { releasePhase } from "../../../src/toolkit/release/release-phase.ts";
import { RELEASE } from "../../../src/contract/release-layout.ts";

const MINUTE = 60_000;

describe("the mail node's release", () => {
  let home: string;
  let release: Release;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "release-"));
    release = await prepareRelease(["x64"]);
  }, MINUTE);
  afterAll(() => rm(home, { recursive: true }));

  /** An argument vector of the phases, at home in the test's folder instead of /opt. */
  const here = (argv: readonly string[]): string[] =>
    argv.map((part) =>
      part.replaceAll(RELEASE.home, home).replaceAll(RELEASE.running, join(home, "running")),
    );
  const look = () => {
    const [program, ...args] = here(lookAtMachine.argv);
    return stateOf("here", {
      code: 0,
      stdout: execFileSync(program!, args, { encoding: "utf8" }),
      stderr: "",
    });
  };

  it(
    "has the same name for the same content",
    async () => {
      expect(await prepareRelease(["x64"])).toEqual(release);
      expect(release.id).toMatch(/^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    },
    MINUTE,
  );

  it(
    "runs from where the phase puts it, by a link, on the runtime that it brings",
    async () => {
      const phase = releasePhase(release, ["here"]);
      const observed = execFileSync(here(lookAtMachine.argv)[0]!, here(lookAtMachine.argv).slice(1), {
        encoding: "utf8",
      });
      const stages = phase.decide(new Map([["here", { code: 0, stdout: observed, stderr: "" }]]));
      expect(stages).toHaveLength(3);
      for (const { argv, stdin } of stages.flatMap((stage) => stage.flatMap((step) => step.commands))) {
        const [program, ...args] = here(argv);
        const input = stdin === undefined ? "/dev/null" : (stdin as { localFile: string }).localFile;
        execFileSync("sh", ["-c", 'input=$1; shift; exec "$@" <"$input"', "sh", input, program!, ...args]);
      }
      const state = look();
      expect(state).toMatchObject({
        current: release.id,
        running: undefined,
        runtimes: [release.runtimes.x64!.name],
      });
      expect(
        phase.decide(
          new Map([
            [
              "here",
              {
                code: 0,
                stdout: execFileSync(here(lookAtMachine.argv)[0]!, here(lookAtMachine.argv).slice(1), {
                  encoding: "utf8",
                }),
                stderr: "",
              },
            ],
          ]),
        ),
      ).toEqual([]);

      const linked = join(home, "anywhere");
      await symlink(join(home, "current", "bin", "mbnode"), linked);
      const { stdout } = await promisify(execFile)(linked, ["--version"], { cwd: "/", env: {} });
      expect(stdout.trim()).toBe(release.id.split("-")[0]);

      const runtime = join(home, "run");
      await mkdir(runtime);
      await promisify(execFile)(linked, ["--version"], {
        env: { PATH: process.env["PATH"], RUNTIME_DIRECTORY: runtime },
      });
      await rm(join(home, "running"), { force: true });
      await symlink(join(runtime, "release"), join(home, "running"));
      expect(look().running).toBe(release.id);
    },
    MINUTE,
  );

  it("is whole or absent: an upload that was cut short leaves no release", async () => {
    const cut = join(home, "cut.tar.gz");
    await writeFile(cut, "not an archive");
    const phase = releasePhase({ ...release, id: "1.0.0-cut", archive: cut }, ["here"]);
    const command = phase.decide(
      new Map([
        ["here", { code: 0, stdout: "processor x86_64\nruntime " + release.runtimes.x64!.name, stderr: "" }],
      ]),
    )[0]![0]!.commands[0]!;
    const [program, ...args] = here(command.argv);
    expect(() =>
      execFileSync("sh", ["-c", 'input=$1; shift; exec "$@" <"$input"', "sh", cut, program!, ...args], {
        stdio: "pipe",
      }),
    ).toThrow();
    expect(look().releases.has("1.0.0-cut")).toBe(false);
  });
});
