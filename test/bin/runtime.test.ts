import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";

const MBNODE = fileURLToPath(new URL("../../bin/mbnode.js", import.meta.url));
/** Makes a process believe that it runs on Node 20. */
const OLD = `--import=data:text/javascript,${encodeURIComponent('Object.defineProperty(process.versions, "node", { value: "20.0.0" })')}`;

function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe("the hand-over to the code", () => {
  it("goes on by itself on a Node that is new enough", async () => {
    expect(await run([MBNODE, "--version"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("starts the pinned runtime on an older one, with the same arguments and exit code", async () => {
    expect(await run([OLD, MBNODE, "--version"])).toMatchObject({ code: 0, stderr: "" });
    expect((await run([OLD, MBNODE, "check", "/absent"])).code).toBe(1);
  });

  it("says in one sentence what it needs where there is no newer one", async () => {
    const { code, stderr } = await run([MBNODE, "--version"], { ...process.env, NODE_OPTIONS: OLD });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^This needs Node 24 or later and runs on v[\d.]+; [^\n]+\n$/);
  });
});
