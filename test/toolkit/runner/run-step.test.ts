import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import { UserError } from "../../../src/support/errors.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { runStep } from "../../../src/toolkit/runner/run-step.ts";
import { Sender } from "../../../src/toolkit/runner/sender.ts";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";
import type { Gate, Step } from "../../../src/toolkit/steps/step.ts";
import { runOptions, SECRET, step } from "./fixtures.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

describe("a step", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-step-"));
  });

  async function failure(failing: Step, options = runOptions()): Promise<UserError> {
    const outcome = await runStep(failing, new Sender(options), options).catch((error: unknown) => error);
    if (!(outcome instanceof UserError)) throw new Error(`not a UserError: ${String(outcome)}`);
    return outcome;
  }

  /** Counts how often it was asked, and holds from the third time on. */
  function thirdTime(): Gate {
    const command = ask(
      script('echo >> "$1"; echo "not yet"; test "$(wc -l < "$1")" -ge 3', [join(folder, "asked")]),
    );
    return { title: "it was asked three times", command, timeoutMs: 10_000, intervalMs: 1_000 };
  }

  it("says of a failed script without arguments that it has none", async () => {
    const { code, message } = await failure(step("node-1", "try", "\necho no >&2\nexit 4"));
    expect([code, message]).toEqual([
      "STEP_FAILED",
      'on node-1, "try" failed: a script without arguments ended with exit code 4\n    no',
    ]);
  });

  it("runs its commands in order and stops at the first that fails", async () => {
    const file = join(folder, "order");
    const write = (word: string) => act(script('echo "$1" >> "$2"', [word, file]));
    const commands = [write("one"), write("two"), act(["false"]), write("three")];
    const error = await failure({ machine: "node-1", title: "write", commands });
    expect(await readFile(file, "utf8")).toBe("one\ntwo\n");
    expect(error.message).toBe('on node-1, "write" failed: false ended with exit code 1');
  });

  it("that fails names machine, title, command as typed, exit code, the last lines of its output and what to do", async () => {
    const failing = {
      machine: "node-1",
      title: "count",
      commands: [act(["sh", "-c", "seq 100 >&2; exit 4"])],
    };
    const error = await failure(failing);
    expect(error.code).toBe("STEP_FAILED");
    expect(error.message).toMatch(
      /^on node-1, "count" failed: sh -c 'seq 100 >&2; exit 4' ended with exit code 4\n {4}81\n/,
    );
    expect(error.message).toMatch(/\n {4}100$/);
    expect(error.remedy).toContain("run the command again");
  });

  it("that fails shows no secret that was put into its input, in one line or in many", async () => {
    const noisy = act(script("tee /dev/stderr; exit 1"), {
      stdin: "password = @@secret:cache/password:1@@\n",
    });
    const options = runOptions();
    const error = await failure({ machine: "node-1", title: "configure", commands: [noisy] }, options);
    expect(error.message).toContain("password = ***");
    expect(`${error.message}${error.remedy}${JSON.stringify(options.recorder.records)}`).not.toContain(
      SECRET,
    );
  });

  it("is done when its gate holds, which is asked again and again", async () => {
    const options = runOptions();
    await runStep({ ...step("node-1", "start", "true"), verify: thirdTime() }, new Sender(options), options);
    expect(await readFile(join(folder, "asked"), "utf8")).toBe("\n\n\n");
    expect(options.env.monotonic()).toBe(2_000);
  });

  it("whose gate does not hold in time fails with what the gate said last", async () => {
    const verify = { ...thirdTime(), timeoutMs: 1_000 };
    const error = await failure({ ...step("node-1", "start", "true"), verify });
    expect(error.code).toBe("GATE_TIMEOUT");
    expect(error.message).toBe(
      'on node-1, "start" was done, but 1 s later it is still not so that it was asked three times\n    not yet',
    );
  });

  function lostTwice(code: string) {
    let left = 2;
    return {
      ...localTransport,
      run: (...sent: Parameters<typeof localTransport.run>) =>
        !sent[1].mutates && left-- > 0
          ? Promise.reject(new UserError(code, "the machine is away", "wait"))
          : localTransport.run(...sent),
    };
  }

  it("waits through a loss of the connection while its gate is asked", async () => {
    const options = runOptions({ transport: lostTwice("SSH_LOST") });
    await runStep(
      { ...step("node-1", "restart", "true"), verify: thirdTime() },
      new Sender(options),
      options,
    );
    expect(options.env.monotonic()).toBe(4_000);
  });

  it("does not wait when the host key changed meanwhile", async () => {
    const options = runOptions({ transport: lostTwice("SSH_HOST_KEY_CHANGED") });
    const error = await failure({ ...step("node-1", "restart", "true"), verify: thirdTime() }, options);
    expect(error.code).toBe("SSH_HOST_KEY_CHANGED");
    expect(options.env.monotonic()).toBe(0);
  });
});
