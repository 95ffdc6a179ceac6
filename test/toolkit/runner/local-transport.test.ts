import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

describe("commands on this machine", () => {
  it("come back with exit code and both outputs as they were printed", async () => {
    const command = ask(script('printf "%s\\n\\n" "$1"; echo no >&2; exit 5', ["it's"]));
    expect(await localTransport.run("any", command)).toEqual({ code: 5, stdout: "it's\n\n", stderr: "no\n" });
  });

  it("read a text, another text in its place, a file, or nothing", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "mailbastion-local-")), "file");
    await writeFile(file, "of a file");
    const cat = act(["cat"]);
    expect((await localTransport.run("any", { ...cat, stdin: "own" })).stdout).toBe("own");
    expect((await localTransport.run("any", { ...cat, stdin: "own" }, "instead")).stdout).toBe("instead");
    expect((await localTransport.run("any", { ...cat, stdin: { localFile: file } })).stdout).toBe(
      "of a file",
    );
    expect((await localTransport.run("any", cat)).stdout).toBe("");
  });

  it("print into a file where one is named, which is there only after exit code 0", async () => {
    const localFile = join(await mkdtemp(join(tmpdir(), "mailbastion-local-")), "file");
    const failing = { ...act(script("echo half; exit 4")), stdout: { localFile } };
    expect((await localTransport.run("any", failing)).code).toBe(4);
    await expect(readFile(localFile)).rejects.toThrow("ENOENT");
    const answer = await localTransport.run("any", { ...act(["seq", "100000"]), stdout: { localFile } });
    expect(answer).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await readFile(localFile, "utf8")).split("\n")).toHaveLength(100_001);
  });

  it("that do not exist have the exit code of a shell, 127", async () => {
    expect(await localTransport.run("any", ask(["no-such-program"]))).toMatchObject({ code: 127 });
  });
});
