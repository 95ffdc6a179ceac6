import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, jest } from "@jest/globals";
import { sha256 } from "../../../src/support/hash.ts";
import { Recorder } from "../../../src/toolkit/runner/recorder.ts";
import { Sender } from "../../../src/toolkit/runner/sender.ts";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";
import { runOptions, SECRET } from "./fixtures.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

const withSecret = {
  stdin: "user=mail\npassword=@@secret:cache/password:1@@\nif=@@fact:interface/10.0.0.1@@\n",
};

describe("sending a command", () => {
  it("puts secrets and facts into standard input, and hides the secrets in the answer", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mailbastion-send-"));
    const file = join(folder, "config");
    const answer = await new Sender(runOptions()).send("node-1", act(script('tee "$1"', [file]), withSecret));
    expect(await readFile(file, "utf8")).toBe(`user=mail\npassword=${SECRET}\nif=the interface/10.0.0.1\n`);
    expect(answer.stdout).toBe("user=mail\npassword=***\nif=the interface/10.0.0.1\n");
  });

  it("hides a secret also in the answers of later commands", async () => {
    const sender = new Sender(runOptions());
    await sender.send("node-1", act(["true"], withSecret));
    expect((await sender.send("node-1", ask(["echo", `requirepass ${SECRET}`]))).stdout).toBe(
      "requirepass ***\n",
    );
  });

  it.each(["@@secret:cache/password:1@@", "a@@fact:interface/10.0.0.1@@b"])(
    "refuses %s as an argument, which every user of the machine could see",
    async (word) => {
      const options = runOptions();
      await expect(new Sender(options).send("node-1", act(["echo", word]))).rejects.toThrow(
        "holds a placeholder",
      );
      expect(options.recorder.records).toEqual([]);
    },
  );

  it("is recorded with the hash of its input before secrets are put in, in memory and in a file for its owner alone", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "mailbastion-log-")), "run.jsonl");
    const recorder = new Recorder(path);
    const sender = new Sender(runOptions({ recorder }));
    await sender.send("node-1", act(["sh", "-c", "exit 3"], withSecret));
    await sender.send("node-2", ask(["true"]));
    await recorder.close();

    const at = "1970-01-01T00:00:00.000Z";
    const stdinHash = sha256(withSecret.stdin);
    const mutation = {
      at,
      machine: "node-1",
      argv: ["sh", "-c", "exit 3"],
      mutates: true,
      stdinHash,
      code: 3,
    };
    expect(recorder.records).toEqual([
      mutation,
      { at, machine: "node-2", argv: ["true"], mutates: false, code: 0 },
    ]);
    expect(recorder.mutations).toEqual([mutation]);
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(recorder.records);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("is recorded without an exit code when no answer came back", async () => {
    const transport = { run: () => Promise.reject(new Error("lost")), close: () => Promise.resolve() };
    const options = runOptions({ transport });
    await expect(new Sender(options).send("node-1", act(["true"]))).rejects.toThrow("lost");
    expect(options.recorder.mutations).toEqual([expect.not.objectContaining({ code: expect.anything() })]);
  });

  it("goes on when the log cannot be written, and says so at the end", async () => {
    const notAFolder = join(await mkdtemp(join(tmpdir(), "mailbastion-log-")), "file");
    await writeFile(notAFolder, "");
    const recorder = new Recorder(join(notAFolder, "run.jsonl"));
    const sender = new Sender(runOptions({ recorder }));
    expect(await sender.send("node-1", ask(["true"]))).toMatchObject({ code: 0 });
    await expect(recorder.close()).rejects.toMatchObject({ code: "RUN_LOG" });
  });
});
