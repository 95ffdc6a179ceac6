import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";

const LIMIT_MS = 60_000;

/** What a script says on a machine, trimmed; its arguments are $1, $2 and so on. Throws with that when it fails. */
export async function shellOn(
  lab: Lab,
  machine: string,
  script: string,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await exec(lab, machine, ["sh", "-c", script, "sh", ...args], LIMIT_MS);
  if (code !== 0) throw new Error(`${machine}: ${script}: exit code ${code}: ${stdout}${stderr}`);
  return stdout.trim();
}
