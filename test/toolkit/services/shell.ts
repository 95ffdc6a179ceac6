import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, Command } from "../../../src/toolkit/steps/command.ts";

/** Shell texts that stand for programs of a machine, by name, and files that lie there. */
export interface StandIns {
  readonly programs?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Runs a command in a real shell in which the programs of a machine are stand-ins that answer what was recorded. */
export function runWith(argv: Command["argv"], { programs = {}, stdin = "" }: StandIns): Answer {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-shell-"));
  try {
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const [program, ...args] = argv;
    const env = { PATH: `${folder}:${process.env["PATH"]}` };
    const { status, stdout, stderr } = spawnSync(program!, args, { input: stdin, env, encoding: "utf8" });
    return { code: status ?? 255, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text of a program that prints `output`. */
export function printing(output: string, code = 0): string {
  return `cat <<'RECORDED'\n${output}\nRECORDED\nexit ${code}`;
}
