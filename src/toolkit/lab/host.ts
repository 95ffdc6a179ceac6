import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { execa } from "execa";
import type { Answer } from "../steps/command.ts";

/** What the lab does to the machine it runs on, in one place, so that tests see each command and run none. */
export interface Host {
  /** Runs a program to its end; does not throw when it fails or is not installed (code 127). */
  run(argv: readonly string[], options?: { readonly stdin?: string }): Promise<Answer>;
  /** Leaves a program running for good, its output appended to a file. */
  daemon(argv: readonly string[], logFile: string): void;
  exists(path: string): boolean;
  environment(name: string): string | undefined;
  isRoot(): boolean;
}

export const systemHost: Host = {
  async run([program, ...args], options = {}) {
    const result = await execa(program!, args, {
      reject: false,
      extendEnv: true,
      env: { LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" },
      ...(options.stdin === undefined ? { stdin: "ignore" as const } : { input: options.stdin }),
    });
    if (result.exitCode === undefined)
      return { code: 127, stdout: "", stderr: result.message ?? "could not be run" };
    return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  },
  daemon([program, ...args], logFile) {
    const log = openSync(logFile, "a");
    spawn(program!, args, { detached: true, stdio: ["ignore", log, log] }).unref();
  },
  exists: existsSync,
  environment: (name) => process.env[name] || undefined,
  isRoot: () => process.getuid?.() === 0,
};
