import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { UserError } from "../../../src/support/errors.ts";
import { findRuns, openRuns } from "../../../src/toolkit/runner/journal/find-runs.ts";
import type { Plan, Runnable } from "../../../src/toolkit/runner/plan.ts";
import {
  abortRun,
  forgetRun,
  resumeRun,
  type ResumeSettings,
} from "../../../src/toolkit/runner/resume-run.ts";
import { startRun, type StartSettings } from "../../../src/toolkit/runner/start-run.ts";
import type { Transport } from "../../../src/toolkit/ssh/transport.ts";
import { act, ask, script, type Command } from "../../../src/toolkit/steps/command.ts";
import { plannedPhase, type Phase } from "../../../src/toolkit/steps/phase.ts";
import type { Step } from "../../../src/toolkit/steps/step.ts";
import { FolderMachines } from "./machines.ts";

// Some hundred shells are started, on a machine that others may use as well.
jest.setTimeout(120_000);

const MACHINES = ["node-1", "node-2", "node-3"];

let machines: FolderMachines;
beforeEach(async () => {
  machines = await FolderMachines.make();
  await Promise.all(MACHINES.map((machine) => mkdir(machines.path(machine, ""), { recursive: true })));
});
afterEach(() => machines.remove());

/** Writes its name into the machine's state, once; its undo takes it out. */
function mark(machine: string, name: string, more: Partial<Step> = {}): Step {
  return {
    title: `mark ${name}`,
    machine,
    commands: [
      act(
        script('touch "$1/state"\ngrep -qx "$2" "$1/state" || echo "$2" >> "$1/state"', ["@machine", name]),
      ),
    ],
    undo: [act(script('touch "$1/state"\nsed -i "/^$2\\$/d" "$1/state"', ["@machine", name]))],
    ...more,
  };
}

const breaks = { commands: [act(["false"])] };

function runnable(phases: readonly Phase[], changes: Partial<Runnable> = {}): Runnable {
  return {
    runbook: "test",
    command: "mbctl test node-1",
    cluster: "acme",
    arguments: { machine: "node-1" },
    description: "d1",
    machines: MACHINES,
    isRepeatable: false,
    supersedes: () => false,
    survey: { machines: MACHINES, command: () => ask(["echo", "here"]) },
    plan: () => ({ phases, next: "mbctl status" }),
    ...changes,
  };
}

function start(phases: readonly Phase[], changes: Partial<StartSettings> = {}) {
  return startRun(runnable(phases), { ...machines.settings(), dryRun: false, ...changes });
}

function resuming(phases: readonly Phase[], workstation = "desk", changes: Partial<ResumeSettings> = {}) {
  return {
    ...machines.settings(workstation),
    machines: MACHINES,
    takeOver: false,
    bind: () => runnable(phases),
    ...changes,
  };
}

function state(machine: string): Promise<string> {
  return readFile(machines.path(machine, "state"), "utf8").catch(() => "");
}

async function states(): Promise<readonly string[]> {
  return Promise.all(MACHINES.map(state));
}

const two = [
  plannedPhase("first", [[mark("node-1", "a"), mark("node-2", "a")], [mark("node-3", "a")]]),
  plannedPhase("second", [[mark("node-1", "b")]]),
];

describe("a run", () => {
  it("is journalled here and on every machine, ends as done, and gives the lock back", async () => {
    const said: string[] = [];
    await start(two, { say: (line) => void said.push(line) });
    expect(await states()).toEqual(["a\nb\n", "a\n", "a\n"]);
    const [run] = await findRuns(machines.settings().runs, MACHINES, machines);
    expect(run).toMatchObject({ isEnded: true, machines: MACHINES });
    expect(said).toEqual(["next: mbctl status"]);
    await start(two);
  });

  it("is done only after its conclusion on this computer, which a resumed run comes to as well", async () => {
    const found: string[] = [];
    const concluding = (conclude: () => Promise<void>) =>
      runnable(two, { plan: () => ({ phases: two, conclude }) });
    const full = async (): Promise<void> => {
      found.push((await states()).join());
      throw new UserError("DISK_FULL", "the disk is full", "make room");
    };
    const settings = machines.settings();
    await expect(startRun(concluding(full), { ...settings, dryRun: true })).resolves.toBeDefined();
    expect(found).toEqual([]);
    await expect(startRun(concluding(full), { ...settings, dryRun: false })).rejects.toThrow(
      "the disk is full",
    );
    expect(found).toEqual(["a\nb\n,a\n,a\n"]);
    expect((await findRuns(settings.runs, MACHINES, machines))[0]).toMatchObject({ isEnded: false });

    const bind = () => concluding(async () => void found.push("concluded"));
    await resumeRun(resuming(two, "desk", { bind }));
    expect(found.at(-1)).toBe("concluded");
    expect((await findRuns(settings.runs, MACHINES, machines))[0]).toMatchObject({ isEnded: true });
  });

  it("is not concluded on this computer once another one has its lock", async () => {
    const concluded: string[] = [];
    const last = mark("node-1", "a", {
      // The last command of all: after it comes no other that the fence would refuse.
      verify: { title: "it is there", command: ask(["true"]), timeoutMs: 1000, intervalMs: 10 },
    });
    machines.before = async (_machine, { argv }) => {
      if (argv[0] !== "true") return;
      await Promise.all(
        MACHINES.map((machine) => writeFile(machines.path(machine, "runs/lock/token"), "another's")),
      );
    };
    const concluding = runnable([], {
      plan: () => ({
        phases: [plannedPhase("first", [[last]])],
        conclude: async () => void concluded.push("concluded"),
      }),
    });
    await expect(startRun(concluding, { ...machines.settings(), dryRun: false })).rejects.toMatchObject({
      code: "LOCK_LOST",
    });
    expect(concluded).toEqual([]);
  });

  it("leaves a line of who did what on the machines it touches, and here", async () => {
    await start([plannedPhase("one", [[mark("node-2", "a")]])]);
    const lines =
      /^\S+ \S+-test-\w+ alice@desk begins: mbctl test node-1\n\S+ \S+ alice@desk done: mbctl test node-1\n$/;
    expect(await readFile(machines.path("node-2", "audit.log"), "utf8")).toMatch(lines);
    expect(await readFile(machines.path("desk", "runs/audit.log"), "utf8")).toMatch(lines);
    await expect(readFile(machines.path("node-1", "audit.log"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("tells what the plan has to say once: to whoever is asked with the question, else before it begins", async () => {
    const said: string[] = [];
    const noting = { ...runnable(two), plan: () => ({ phases: two, notes: ["node-9 is away"] }) };
    const settings = { ...machines.settings(), dryRun: false, say: (line: string) => void said.push(line) };
    await startRun(noting, settings);
    expect(said).toEqual(["node-9 is away"]);
    const shown: unknown[] = [];
    await startRun(noting, {
      ...settings,
      confirm: ({ notes }) => Promise.resolve(Boolean(shown.push(notes))),
    });
    expect([shown, said]).toEqual([[["node-9 is away"]], ["node-9 is away"]]);
  });

  it("changes nothing when the person says no, and takes no lock in a dry run", async () => {
    const sent: string[] = [];
    machines.before = async (machine, command) => void (command.mutates && sent.push(machine));
    expect(await start(two, { confirm: async () => false })).toBeUndefined();
    expect(await start(two, { dryRun: true })).toEqual({ steps: 4 });
    expect(sent).toEqual([]);
  });

  it("that is at work is not called broken off: a second one is told whose the lock is, or waits for it", async () => {
    const { promise: letGo, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: came, resolve: come } = Promise.withResolvers<void>();
    machines.before = async (machine, command) => {
      if (machine !== "node-3" || !command.argv.includes("held")) return;
      come();
      await letGo;
    };
    const first = start([plannedPhase("first", [[mark("node-1", "a")], [mark("node-3", "held")]])]);
    await came;
    const asked: string[] = [];
    const ask = async (): Promise<boolean> => Boolean(asked.push("asked"));
    await expect(start(two, { confirm: ask })).rejects.toMatchObject({ code: "LOCK_HELD" });
    expect(asked).toEqual([]);
    expect(await start(two, { dryRun: true })).toEqual({ steps: 4 });
    const third = start(two, { confirm: ask, lockWaitMs: 60_000, say: () => goOn() });
    await Promise.all([first, third]);
    expect(asked).toEqual(["asked"]);
    expect(await states()).toEqual(["a\nb\n", "a\n", "held\na\n"]);
  });

  it("is not begun when the cluster changed while the person thought", async () => {
    const phases = ["a", "b"].map((name) => [plannedPhase(name, [[mark("node-1", name)]])]);
    let planned = 0;
    const changing = runnable([], { plan: (): Plan => ({ phases: phases[planned++]! }) });
    await expect(
      startRun(changing, { ...machines.settings(), dryRun: false, confirm: async () => true }),
    ).rejects.toMatchObject({ code: "PLAN_CHANGED" });
    expect(await states()).toEqual(["", "", ""]);
  });

  it("is begun where machines only answered in another order while the person thought", async () => {
    let quickest = "node-3";
    let { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const transport: Transport = {
      close: machines.close,
      run: async (machine, command, stdin) => {
        if (command.argv[1] !== "look") return machines.run(machine, command, stdin as string | undefined);
        if (machine !== quickest) await answered;
        const said = await machines.run(machine, command);
        if (machine === quickest) answer();
        return said;
      },
    };
    const confirm = async (): Promise<boolean> => {
      quickest = "node-1";
      ({ promise: answered, resolve: answer } = Promise.withResolvers<void>());
      return true;
    };
    const marksFirst = runnable([], {
      survey: { machines: MACHINES, command: () => ask(["echo", "look"]) },
      plan: (answers): Plan => ({ phases: [plannedPhase("first", [[mark([...answers.keys()][0]!, "a")]])] }),
    });
    await startRun(marksFirst, { ...machines.settings(), transport, dryRun: false, confirm });
    expect(await states()).toEqual(["a\n", "", ""]);
  });

  it("that a step ends stays open, and nothing else may begin until it is resumed or aborted", async () => {
    const broken = [two[0]!, plannedPhase("second", [[mark("node-1", "b", breaks)]])];
    await expect(start(broken)).rejects.toMatchObject({
      code: "STEP_FAILED",
      message: expect.stringMatching(/stopped after 1 of 2 parts/),
      remedy: expect.stringContaining("mbctl resume goes on with it, mbctl abort takes back what it did"),
    });
    await expect(start(two)).rejects.toMatchObject({
      code: "RUN_UNFINISHED",
      message: expect.stringContaining("(mbctl test node-1, by alice@desk) stopped"),
    });
    await resumeRun(resuming(two));
    expect(await states()).toEqual(["a\nb\n", "a\n", "a\n"]);
    await start(two);
  });

  it("that fails says where its journal and its commands are, also one that may simply be typed again", async () => {
    const settings = machines.settings();
    const broken = [plannedPhase("first", [[mark("node-1", "a", breaks)]])];
    for (const isRepeatable of [false, true]) {
      const failure: unknown = await startRun(runnable(broken, { isRepeatable, supersedes: () => true }), {
        ...settings,
        dryRun: false,
      }).catch((error: unknown) => error);
      const folder = /its journal and every command that was sent: (.*)$/.exec(
        (failure as Error).message,
      )?.[1];
      expect(folder).toContain(settings.runs);
      expect((await readdir(folder!)).toSorted()).toEqual(["commands.jsonl", "journal.jsonl"]);
    }
  });

  it("takes back what its group did when one step fails, last first, and is over", async () => {
    const grouped = [
      plannedPhase("first", [[mark("node-1", "a")], [mark("node-2", "a")]], "leave"),
      plannedPhase("second", [[mark("node-1", "b")], [mark("node-3", "c", breaks)]], "leave"),
    ];
    const undone: string[] = [];
    const reporter = {
      ...machines.settings().reporter,
      stepUndone: (step: Step) => void undone.push(`${step.machine} ${step.title}`),
    };
    await expect(start(grouped, { reporter })).rejects.toMatchObject({
      code: "STEP_FAILED",
      message: expect.stringContaining('what "leave" had done until then was taken back'),
    });
    expect(undone).toEqual(["node-3 mark c", "node-1 mark b", "node-2 mark a", "node-1 mark a"]);
    expect(await states()).toEqual(["", "", ""]);
    expect(await openRuns(machines.settings().runs, MACHINES, machines)).toEqual([]);
  });

  it("takes back the group that failed and leaves the ones before it, for resume to go on from", async () => {
    const bad = [
      plannedPhase("node-1", [[mark("node-1", "a")]], "node-1"),
      plannedPhase("node-2", [[mark("node-2", "a")], [mark("node-3", "a", breaks)]], "node-2"),
    ];
    await expect(start(bad)).rejects.toMatchObject({ code: "STEP_FAILED" });
    expect(await states()).toEqual(["a\n", "", ""]);
    const good = [bad[0]!, plannedPhase("node-2", [[mark("node-2", "a")], [mark("node-3", "a")]], "node-2")];
    await resumeRun(resuming(good));
    expect(await states()).toEqual(["a\n", "a\n", "a\n"]);
  });

  it("of a repeatable runbook settles the one before it", async () => {
    const again = (phases: readonly Phase[]) =>
      startRun(runnable(phases, { isRepeatable: true, supersedes: () => true }), {
        ...machines.settings(),
        dryRun: false,
      });
    await expect(again([plannedPhase("first", [[mark("node-1", "a", breaks)]])])).rejects.toMatchObject({
      code: "STEP_FAILED",
      remedy: "mend the cause and run the command again: it goes on with what is left",
    });
    await again(two);
    expect(await openRuns(machines.settings().runs, MACHINES, machines)).toEqual([]);
  });

  it("of a repeatable runbook whose plan refuses leaves the one before it to be resumed", async () => {
    const broken = [
      plannedPhase("first", [[mark("node-1", "a")]]),
      plannedPhase("second", [[mark("node-1", "b", breaks)]]),
    ];
    const again = (changes: Partial<Runnable>) =>
      startRun(runnable(broken, { isRepeatable: true, supersedes: () => true, ...changes }), {
        ...machines.settings(),
        dryRun: false,
      });
    await expect(again({})).rejects.toMatchObject({ code: "STEP_FAILED" });
    const refuse = () => {
      throw new UserError("REFUSED", "half of it is there", "look");
    };
    await expect(again({ plan: refuse })).rejects.toMatchObject({ code: "REFUSED" });
    expect(await openRuns(machines.settings().runs, MACHINES, machines)).toHaveLength(1);
    await resumeRun(resuming([broken[0]!, two[1]!]));
    expect(await state("node-1")).toBe("a\nb\n");
  });

  it("of a runbook that is resumed once it has begun is repeated only where no step was begun", async () => {
    let isPressed = true;
    const interruption = {
      check: () => {
        if (isPressed) throw new UserError("INTERRUPTED", "stopped", "run the command again");
      },
    };
    const careful = (phases: readonly Phase[]) =>
      startRun(runnable(phases, { isRepeatable: true, isResumedOnceBegun: true, supersedes: () => true }), {
        ...machines.settings(),
        dryRun: false,
        interruption,
      });
    await expect(careful(two)).rejects.toMatchObject({
      code: "INTERRUPTED",
      remedy: "run the command again",
    });
    isPressed = false;
    await expect(
      careful([two[0]!, plannedPhase("second", [[mark("node-1", "b", breaks)]])]),
    ).rejects.toMatchObject({
      code: "STEP_FAILED",
      remedy: "mend the cause; then mbctl resume goes on with it, mbctl abort takes back what it did",
    });
    await expect(careful(two)).rejects.toMatchObject({ code: "RUN_UNFINISHED" });
    await resumeRun(resuming(two));
    expect(await states()).toEqual(["a\nb\n", "a\n", "a\n"]);
  });

  it("of a repeatable runbook that has nothing to take back is over when it fails, and stands in nobody's way", async () => {
    const refusing: Phase = {
      title: "look",
      machines: ["node-1"],
      observe: () => ask(["true"]),
      decide: () => {
        throw new UserError("REFUSED", "this needs a person", "mbctl recover galera");
      },
    };
    const repeatable = runnable([refusing], { isRepeatable: true, supersedes: () => true });
    await expect(startRun(repeatable, { ...machines.settings(), dryRun: false })).rejects.toMatchObject({
      code: "REFUSED",
      remedy: "mbctl recover galera",
    });
    expect(await openRuns(machines.settings().runs, MACHINES, machines)).toEqual([]);
    await start(two);
  });

  it("goes on without a machine that it does not need", async () => {
    machines.silent.add("node-3");
    await start([plannedPhase("one", [[mark("node-1", "a")]])]);
    expect(await state("node-1")).toBe("a\n");
  });

  it("stops, and takes nothing back, when its lock was taken over by somebody else", async () => {
    const phases = [
      plannedPhase("first", [[mark("node-1", "a")]], "g"),
      plannedPhase("second", [[mark("node-2", "a")]], "g"),
    ];
    machines.before = async (machine, command) => {
      if (machine === "node-2" && command.argv.includes("@machine"))
        await writeFile(machines.path("node-2", "runs/lock/token"), "somebody else");
    };
    await expect(start(phases)).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(await states()).toEqual(["a\n", "", ""]);
  });

  it("of which somebody else has the lock by now is not ended by whoever lost it", async () => {
    const refusing: Phase = {
      title: "look",
      machines: ["node-1"],
      observe: () => ask(["echo", "look"]),
      decide: () => {
        throw new UserError("REFUSED", "this needs a person", "look");
      },
    };
    machines.before = async (_machine, command) => {
      if (!command.argv.includes("look")) return;
      for (const machine of MACHINES)
        await writeFile(machines.path(machine, "runs/lock/token"), "somebody else");
    };
    const repeatable = runnable([refusing], { isRepeatable: true, supersedes: () => true });
    await expect(startRun(repeatable, { ...machines.settings(), dryRun: false })).rejects.toMatchObject({
      code: "REFUSED",
    });
    for (const workstation of ["desk", "laptop"])
      expect(await openRuns(machines.settings(workstation).runs, MACHINES, machines)).toHaveLength(1);
  });

  it("ends before the next step when Ctrl-C was pressed, and can be resumed", async () => {
    let isPressed = false;
    const interruption = {
      check: () => {
        if (isPressed)
          throw new UserError(
            "INTERRUPTED",
            "stopped",
            "run the command again: it goes on with what is left",
          );
      },
    };
    machines.before = async (_machine, command) => {
      if (command.argv.includes("b")) isPressed = true;
    };
    const phases = [
      plannedPhase("one", [[mark("node-1", "a")], [mark("node-1", "b")], [mark("node-1", "c")]], "g"),
    ];
    await expect(start(phases, { interruption })).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await state("node-1")).toBe("a\nb\n");
    await resumeRun(resuming(phases));
    expect(await state("node-1")).toBe("a\nb\nc\n");
  });

  it("runs the project's hooks before and after, and does nothing when the first one fails", async () => {
    const { hooks } = machines.settings();
    await mkdir(hooks, { recursive: true });
    const hook = async (name: string, text: string) => {
      await writeFile(join(hooks, name), `#!/bin/sh\n${text}\n`);
      await chmod(join(hooks, name), 0o755);
    };
    const said: string[] = [];
    await hook("before-test", 'echo "$MAILBASTION_CLUSTER $MAILBASTION_ARGUMENTS"');
    await hook("after-test", 'echo "$MAILBASTION_OUTCOME"');
    await start(two, { say: (line) => void said.push(line) });
    expect(said).toEqual([
      'before-test: acme {"machine":"node-1"}',
      "after-test: done",
      "next: mbctl status",
    ]);
    const warned: string[] = [];
    await hook("after-test", "exit 3");
    await start([plannedPhase("one", [[mark("node-2", "c")]])], {
      warn: (line) => void warned.push(line),
    });
    expect(warned).toEqual([expect.stringContaining("ended with exit code 3")]);
    await hook("before-test", "exit 4");
    await expect(start([plannedPhase("one", [[mark("node-1", "z")]])])).rejects.toMatchObject({
      code: "HOOK_FAILED",
      message: expect.stringContaining("ended with exit code 4"),
    });
    expect(await state("node-1")).toBe("a\nb\n");
    // It is over: nothing was done that could be gone on with.
    await rm(join(hooks, "before-test"));
    await start([plannedPhase("one", [[mark("node-1", "z")]])]);
    expect(await state("node-1")).toBe("a\nb\nz\n");
  });
});

/** A phase for each machine. */
const oneEach = (last: Partial<Step> = {}, group?: string) =>
  MACHINES.map((machine) =>
    plannedPhase(`mark ${machine}`, [[mark(machine, "a", machine === "node-3" ? last : {})]], group),
  );

/** Whether it takes a mark back. */
const isUndo = ({ argv }: Command): boolean => argv.some((word) => word.includes("sed -i"));

describe("an abort", () => {
  it("ends before the next step when Ctrl-C was pressed, and goes on when it is typed again", async () => {
    await expect(start(oneEach(breaks))).rejects.toMatchObject({ code: "STEP_FAILED" });
    let isPressed = false;
    const interruption = {
      check: () => {
        if (isPressed) throw new UserError("INTERRUPTED", "stopped", "run the command again");
      },
    };
    machines.before = async (machine, command) => {
      if (machine === "node-2" && isUndo(command)) isPressed = true;
    };
    await expect(abortRun(resuming(oneEach(), "desk", { interruption }))).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
    expect(await states()).toEqual(["a\n", "", ""]);
    await abortRun(resuming(oneEach()));
    expect(await states()).toEqual(["", "", ""]);
    expect(await openRuns(machines.settings().runs, MACHINES, machines)).toEqual([]);
  });

  it("of another computer counts more than what the one that lost its network wrote for itself alone", async () => {
    let isCut = false;
    const transport: Transport = {
      close: machines.close,
      run: async (machine, command, stdin) => {
        if (isCut) throw new UserError("SSH_UNREACHABLE", `${machine} does not answer`, "see that it is on");
        const answer = await machines.run(machine, command, stdin as string | undefined);
        isCut = machine === "node-2" && command.argv.includes("@machine");
        return answer;
      },
    };
    const phases = [
      ...oneEach().slice(0, 2),
      plannedPhase("all", [MACHINES.map((machine) => mark(machine, "b"))]),
    ];
    await expect(start(phases, { transport })).rejects.toMatchObject({ code: "JOURNAL_UNWRITTEN" });
    machines.silent.add("node-1");
    await expect(abortRun(resuming(phases, "laptop", { takeOver: true }))).rejects.toMatchObject({
      code: "UNDO_FAILED",
    });
    machines.silent.clear();
    expect(await states()).toEqual(["a\n", "", ""]);
    await resumeRun(resuming(phases, "desk", { takeOver: true }));
    expect(await states()).toEqual(["a\nb\n", "a\nb\n", "b\n"]);
  });
});

describe("a run whose process died", () => {
  /** As a killed process does: it does nothing any more, whatever became of the command that it waited for. */
  function dieAt(nth: number, when: "before" | "after" = "before"): { readonly died: Promise<void> } {
    let sent = 0;
    let tell: () => void;
    const died = new Promise<void>((resolve) => (tell = resolve));
    const run = FolderMachines.prototype.run.bind(machines);
    machines.run = async (machine, command, stdin) => {
      if (++sent < nth) return run(machine, command, stdin);
      if (sent === nth && when === "after") await run(machine, command, stdin);
      tell();
      return new Promise(() => undefined);
    };
    return { died };
  }

  function comeBack(): void {
    machines.run = FolderMachines.prototype.run.bind(machines);
  }

  /** The lock of a process that is not there: as if it had been one of this computer. */
  const dead = { pid: 2 ** 22 + 1 };

  const phases = [
    plannedPhase("first", [[mark("node-1", "a")], [mark("node-2", "a")]], "g"),
    plannedPhase("second", [[mark("node-1", "b")]]),
  ];
  const whole = ["a\nb\n", "a\n", ""];

  async function fresh(): Promise<void> {
    await machines.remove();
    machines = await FolderMachines.make();
    await Promise.all(MACHINES.map((machine) => mkdir(machines.path(machine, ""), { recursive: true })));
  }

  /** Which of the commands of an undisturbed run belong to its steps, and how many there are. */
  async function stepCommands(): Promise<{ readonly steps: readonly number[]; readonly total: number }> {
    const steps: number[] = [];
    let total = 0;
    machines.before = async (_machine, command) => {
      total++;
      if (command.argv.includes("@machine")) steps.push(total);
    };
    await start(phases);
    return { steps, total };
  }

  it("before or after any of its steps, or in its first or last command, comes to the same end when resumed", async () => {
    const { steps, total } = await stepCommands();
    const points = [
      { nth: 1, when: "after" as const },
      ...steps.flatMap((nth) => [
        { nth, when: "before" as const },
        { nth, when: "after" as const },
      ]),
      { nth: total, when: "before" as const },
    ];
    for (const [index, { nth, when }] of points.entries()) {
      await fresh();
      const { died } = dieAt(nth, when);
      void start(phases, dead).catch(() => undefined);
      await died;
      comeBack();
      const workstation = index % 2 === 0 ? "desk" : "laptop";
      const { runs } = machines.settings(workstation);
      const isOpen = (await openRuns(runs, MACHINES, machines)).length > 0;
      if (isOpen) await resumeRun(resuming(phases, workstation, { takeOver: true }));
      else await start(phases);
      expect([nth, when, await states()]).toEqual([nth, when, whole]);
      expect(await openRuns(runs, MACHINES, machines)).toEqual([]);
    }
  }, 300_000);

  it("is not taken over from another computer while its lock is fresh, unless a person knows better", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[1]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    await expect(resumeRun(resuming(phases, "laptop"))).rejects.toMatchObject({ code: "LOCK_HELD" });
    await resumeRun(resuming(phases, "laptop", { takeOver: true }));
    expect(await states()).toEqual(whole);
  });

  it("on another computer or in another container that bears the same name, is not taken over while its lock is fresh", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[1]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    for (const machine of MACHINES) {
      const path = machines.path(machine, "runs/lock/holder");
      const holder = JSON.parse(await readFile(path, "utf8")) as { process: object };
      await writeFile(
        path,
        JSON.stringify({ ...holder, process: { ...holder.process, namespace: "pid:[1]" } }),
      );
    }
    await expect(resumeRun(resuming(phases))).rejects.toMatchObject({ code: "LOCK_HELD" });
    await resumeRun(resuming(phases, "desk", { takeOver: true }));
    expect(await states()).toEqual(whole);
  });

  it("is aborted from a computer that has never seen it", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[2]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    await abortRun(resuming(phases, "laptop", { takeOver: true }));
    expect(await states()).toEqual(["", "", ""]);
  });

  it("is aborted: all it did is taken back, and it is over", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[2]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    await abortRun(resuming(phases));
    expect(await states()).toEqual(["", "", ""]);
    await expect(resumeRun(resuming(phases))).rejects.toMatchObject({ code: "RUN_NONE" });
  });

  /** Dies before or after what takes back the step of this machine. */
  function dieInUndoOf(name: string, when: "before" | "after"): { readonly died: Promise<void> } {
    const { promise: died, resolve: tell } = Promise.withResolvers<void>();
    const run = FolderMachines.prototype.run.bind(machines);
    let isDead = false;
    machines.run = async (machine, command, stdin) => {
      const isMet = machine === name && isUndo(command);
      if (!isDead && !isMet) return run(machine, command, stdin);
      if (!isDead && when === "after") await run(machine, command, stdin);
      isDead = true;
      tell();
      return new Promise(() => undefined);
    };
    return { died };
  }

  describe.each(["before", "after"] as const)("%s a step was taken back", (when) => {
    it("in an abort, does what was taken back anew when it is resumed", async () => {
      await expect(start(oneEach(breaks))).rejects.toMatchObject({ code: "STEP_FAILED" });
      const { died } = dieInUndoOf("node-2", when);
      void abortRun(resuming(oneEach(), "desk", dead)).catch(() => undefined);
      await died;
      comeBack();
      await resumeRun(resuming(oneEach(), "laptop", { takeOver: true }));
      expect(await states()).toEqual(["a\n", "a\n", "a\n"]);
    });

    it("as its group failed, does what was taken back anew when it is resumed", async () => {
      const { died } = dieInUndoOf("node-2", when);
      void start(oneEach(breaks, "g"), dead).catch(() => undefined);
      await died;
      comeBack();
      await resumeRun(resuming(oneEach({}, "g"), "laptop", { takeOver: true }));
      expect(await states()).toEqual(["a\n", "a\n", "a\n"]);
    });
  });

  it("is not resumed with another description, but can be ended as it stands", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[2]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    const other = { bind: () => runnable(phases, { description: "d2" }) };
    await expect(resumeRun(resuming(phases, "desk", other))).rejects.toMatchObject({
      code: "RUN_DESCRIPTION_CHANGED",
    });
    expect(await forgetRun(resuming(phases))).toBe(true);
    await start(phases);
  });

  it("is neither resumed nor aborted by a version that would not do what it did, but can be ended as it stands", async () => {
    const { died } = dieAt((await stepCommands().finally(fresh)).steps[2]!);
    void start(phases, dead).catch(() => undefined);
    await died;
    comeBack();
    const before = await states();
    for (const work of [resumeRun, abortRun])
      await expect(work(resuming([]))).rejects.toMatchObject({ code: "RUN_OTHER_VERSION" });
    expect(await states()).toEqual(before);
    expect(await forgetRun(resuming([]))).toBe(true);
    await start(phases);
  });
});
