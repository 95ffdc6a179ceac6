import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { UserError } from "../../../src/support/errors.ts";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import { runPhases } from "../../../src/toolkit/runner/run-phases.ts";
import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import { act, ask } from "../../../src/toolkit/steps/command.ts";
import type { Phase } from "../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../src/toolkit/steps/step.ts";
import { always, keepingReporter, runOptions, step } from "./fixtures.ts";

// Real processes: on a busy machine they take their time.
jest.setTimeout(60_000);

describe("running phases", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-run-"));
  });

  /** Each file on its own machine: looks whether it is there, and makes it when it is not. */
  function files(names: readonly string[]): Phase {
    return {
      title: "make the files",
      machines: names,
      observe: (name) => ask(["test", "-e", join(folder, name)]),
      decide: (answers) => [
        names
          .filter((name) => answers.get(name)!.code !== 0)
          .map((name) => ({
            machine: name,
            title: "make it",
            commands: [act(["touch", join(folder, name)])],
          })),
      ],
    };
  }

  function log(): Promise<string> {
    return readFile(join(folder, "log"), "utf8").catch(() => "");
  }

  /** Appends a word to the log. */
  function say(machine: string, word: string): Step {
    return step(machine, `say ${word}`, 'echo "$1" >> "$2"', [word, join(folder, "log")]);
  }

  it("decides from answers in the order of the machines, whichever answered first", async () => {
    const { promise: second, resolve: answered } = Promise.withResolvers<void>();
    const transport: Transport = {
      ...localTransport,
      run: async (machine) => {
        if (machine === "node-2") answered();
        else await second;
        return { code: 0, stdout: "", stderr: "" };
      },
    };
    const met: string[] = [];
    const phase: Phase = {
      title: "look",
      machines: ["node-1", "node-2"],
      observe: () => ask(["true"]),
      decide: (answers) => {
        met.push(...answers.keys());
        return [];
      },
    };
    await runPhases([phase], runOptions({ transport }));
    expect(met).toEqual(["node-1", "node-2"]);
  });

  it("goes stage by stage, and starts a phase only when the one before it has ended", async () => {
    await runPhases(
      [
        always("first", [[say("node-1", "a")], [say("node-2", "b")]]),
        always("second", [[say("node-1", "c")]]),
      ],
      runOptions(),
    );
    expect(await log()).toBe("a\nb\nc\n");
  });

  it("runs the steps of a stage side by side on different machines, and one after the other on the same", async () => {
    // Each of the two waits for what the other makes: one after the other they would never end.
    const meet = (machine: string, own: string, other: string): Step =>
      step(machine, "meet", 'touch "$1"; until test -e "$2"; do sleep 0.01; done', [
        join(folder, own),
        join(folder, other),
      ]);
    await runPhases(
      [always("meet", [[meet("node-1", "x", "y"), say("node-1", "after"), meet("node-2", "y", "x")]])],
      runOptions(),
    );
    expect(await log()).toBe("after\n");
  });

  it("sends no mutating command a second time, and the dry run before told each machine's own of the first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }), async (present) => {
        folder = await mkdtemp(join(tmpdir(), "mailbastion-run-"));
        await Promise.all(present.map((number) => writeFile(join(folder, `f${number}`), "")));
        const phases = [files(["f0", "f1", "f2"]), files(["f3", "f4", "f5"])];

        const told: Step[] = [];
        const dry = runOptions({ dryRun: true });
        await runPhases(phases, {
          ...dry,
          reporter: { ...dry.reporter, stepPlanned: (planned) => void told.push(planned) },
        });
        const [first, second] = [runOptions(), runOptions()];
        const { steps } = await runPhases(phases, first);
        const again = await runPhases(phases, second);

        const sent = first.recorder.mutations.map(({ machine, argv }) => ({ machine, argv }));
        expect(dry.recorder.mutations).toEqual([]);
        expect(
          told
            .flatMap(({ machine, commands }) => commands.map(({ argv }) => ({ machine, argv })))
            .toSorted((a, b) => a.machine.localeCompare(b.machine)),
        ).toEqual(sent.toSorted((a, b) => a.machine.localeCompare(b.machine)));
        expect(sent).toHaveLength(6 - present.length);
        expect(steps).toBe(6 - present.length);
        expect(second.recorder.mutations).toEqual([]);
        expect(again).toEqual({ steps: 0 });
      }),
      { numRuns: 12 },
    );
  });

  it("lets the steps beside a failed one end, and starts nothing further", async () => {
    const slow = step("node-2", "take time", 'until test -e "$1"; do sleep 0.01; done; echo slow >> "$2"', [
      join(folder, "failed"),
      join(folder, "log"),
    ]);
    const failing = step("node-1", "fail", 'touch "$1"; exit 3', [join(folder, "failed")]);
    const lines: string[] = [];
    const run = runPhases(
      [
        always("one", [[failing, say("node-1", "never"), slow], [say("node-3", "never")]]),
        always("two", [[say("node-1", "never")]]),
      ],
      runOptions({ reporter: keepingReporter(lines) }),
    );
    await expect(run).rejects.toMatchObject({ code: "STEP_FAILED" });
    expect(await log()).toBe("slow\n");
    expect(lines).toEqual([
      "phaseStarted one",
      "stepStarted node-1 fail",
      "stepStarted node-2 take time",
      "stepFailed node-1 fail",
      "stepFinished node-2 take time",
    ]);
  });

  it("names every step of a stage that failed", async () => {
    const stage = [step("node-1", "first", "exit 1"), step("node-2", "second", "exit 2")];
    const run = runPhases([always("one", [stage])], runOptions());
    await expect(run).rejects.toMatchObject({
      code: "STEP_FAILED",
      message: expect.stringMatching(/on node-1, "first" failed[^]*on node-2, "second" failed/),
    });
  });

  it("names every machine that cannot be asked", async () => {
    const phase: Phase = {
      title: "look",
      machines: ["node-1", "node-2"],
      observe: () => ask(["true"]),
      decide: () => [],
    };
    const away: Transport = {
      run: (machine) =>
        Promise.reject(new UserError("SSH_REFUSED", `${machine} refused the connection`, "start it")),
      close: () => Promise.resolve(),
    };
    await expect(runPhases([phase], runOptions({ transport: away }))).rejects.toMatchObject({
      code: "SSH_REFUSED",
      message: "node-1 refused the connection\nnode-2 refused the connection",
    });
  });

  it("goes without a machine that is away where the phase says so, but not for a fault that does not pass", async () => {
    let met: readonly string[] = [];
    const phase: Phase = {
      title: "look",
      machines: ["node-1", "node-2"],
      canMiss: true,
      observe: () => ask(["true"]),
      decide: (answers) => {
        met = [...answers.keys()];
        return [];
      },
    };
    const failing = (code: string): Transport => ({
      ...localTransport,
      run: (machine, command) =>
        machine === "node-2"
          ? localTransport.run(machine, command)
          : Promise.reject(new UserError(code, `${machine} is not there`, "mend it")),
    });
    await runPhases([phase], runOptions({ transport: failing("SSH_TIMEOUT") }));
    expect(met).toEqual(["node-2"]);
    await expect(
      runPhases([phase], runOptions({ transport: failing("SSH_HOST_KEY_CHANGED") })),
    ).rejects.toMatchObject({ code: "SSH_HOST_KEY_CHANGED" });
  });

  it("decides by the answers in the order of the machines, not of who was quicker", async () => {
    const { promise: others, resolve: come } = Promise.withResolvers<void>();
    const transport: Transport = {
      ...localTransport,
      run: async (machine, command) => {
        if (machine === "node-1") await others;
        const answer = await localTransport.run(machine, command);
        if (machine === "node-3") come();
        return answer;
      },
    };
    const names = ["node-1", "node-2", "node-3"];
    let order: readonly string[] = [];
    const phase: Phase = {
      title: "choose the first",
      machines: names,
      observe: () => ask(["true"]),
      decide: (answers) => {
        order = [...answers.keys()];
        return [];
      },
    };
    await runPhases([phase], runOptions({ transport }));
    expect(order).toEqual(names);
  });

  it("refuses to look by a command that changes something", async () => {
    const phase: Phase = { ...always("look", []), observe: () => act(["touch", join(folder, "changed")]) };
    await expect(runPhases([phase], runOptions())).rejects.toThrow("by a command that changes it");
    expect(existsSync(join(folder, "changed"))).toBe(false);
  });

  it("stops between steps when it is interrupted, and the step that ran has ended", async () => {
    let wanted = false;
    const transport: Transport = {
      ...localTransport,
      run: (machine, command, stdin) => {
        if (command.mutates) wanted = true;
        return localTransport.run(machine, command, stdin);
      },
    };
    const interruption = {
      check: () => {
        if (wanted) throw new UserError("INTERRUPTED", "stopped", "go on");
      },
    };
    const phase = always("one", [[say("node-1", "ran"), say("node-1", "never")], [say("node-1", "never")]]);
    await expect(runPhases([phase], runOptions({ transport, interruption }))).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
    expect(await log()).toBe("ran\n");
  });

  describe("as a dry run", () => {
    const undecided: Phase = {
      ...always("use the package", []),
      decide: () => {
        throw new UserError("NOT_THERE", "the package is not there", "install it");
      },
    };

    it("says which phase cannot be told before the steps above it", async () => {
      const lines: string[] = [];
      const phases = [always("install", [[say("node-1", "never")]]), undecided];
      await runPhases(phases, runOptions({ dryRun: true, reporter: keepingReporter(lines) }));
      expect(lines).toEqual([
        "phaseStarted install",
        "stepPlanned node-1 say never",
        "phaseFinished install",
        "phaseStarted use the package",
        "phaseUndecided use the package",
        expect.stringContaining("runFinished"),
      ]);
      expect(await log()).toBe("");
    });

    it("fails as the real run would where no step comes before", async () => {
      await expect(runPhases([undecided], runOptions({ dryRun: true }))).rejects.toMatchObject({
        code: "NOT_THERE",
      });
    });
  });
});
