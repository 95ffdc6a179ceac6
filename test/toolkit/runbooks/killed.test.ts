import { describe, expect, it, jest } from "@jest/globals";
import type { UserError } from "../../../src/support/errors.ts";
import { runbooks } from "../../../src/toolkit/runbooks/registry.ts";
import { silentReporter } from "../../../src/toolkit/runner/reporter.ts";
import type { Step } from "../../../src/toolkit/steps/step.ts";
import { refusalOf } from "./runbook-context.ts";
import { fixtureNames, fixtureOf } from "./rehearsal/fixtures.ts";
import { leftOver } from "./rehearsal/left-over.ts";
import { isOnlyApply, ownSteps, points } from "./rehearsal/points.ts";
import { Rehearsal } from "./rehearsal/rehearsal.ts";
import { effectOf } from "./rehearsal/step-index.ts";

// Some thousand runs, on a machine that others may use as well.
jest.setTimeout(900_000);

const names = runbooks.map(({ name }) => name);

/** The same as it was carried out without any disturbance. */
async function undisturbed(name: string): Promise<Rehearsal> {
  const whole = new Rehearsal(await fixtureOf(name));
  await whole.start();
  return whole;
}

describe("the situations", () => {
  it("are those of all runbooks that there are, and each leaves something to do", async () => {
    expect(fixtureNames.toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      using whole = await undisturbed(name);
      expect([name, whole.machines.steps.all.some(({ step }) => step.commands.length > 0)]).toEqual([
        name,
        true,
      ]);
      expect(whole.machines.isLocked).toBe(false);
    }
  });
});

describe("a run that was killed", () => {
  it.each(names)("in %s, at any of its steps, comes to the same end when it is resumed", async (name) => {
    using whole = await undisturbed(name);
    const surveyed = whole.runnable.survey.machines.length;
    for (const [index, { nth, when }] of points(whole).entries()) {
      using run = new Rehearsal(await fixtureOf(name));
      await run.startAndDie({ nth: surveyed + nth, when });
      // Every other one from a workstation that has never seen it.
      const workstation = index % 2 === 0 ? "desk" : "laptop";
      await run.resume(workstation);
      expect({ nth, when, state: run.machines.state }).toEqual({ nth, when, state: whole.machines.state });
      expect([nth, when, await run.isOpen("desk"), run.machines.isLocked]).toEqual([nth, when, false, false]);
    }
  });

  it("in any command at all, of lock, journal and audit log too, is finished by resume or by the same command", async () => {
    using whole = await undisturbed("drain");
    for (let nth = 0; ; nth++) {
      using run = new Rehearsal(await fixtureOf("drain"));
      await run.startAndDie({ nth, when: nth % 2 === 0 ? "before" : "after", withBooks: true });
      if (!run.isDead) {
        expect(nth).toBeGreaterThan(80);
        break;
      }
      await ((await run.isOpen("laptop")) ? run.resume("laptop") : run.start());
      expect({ nth, state: run.machines.state }).toEqual({ nth, state: whole.machines.state });
      expect([nth, await run.isOpen("desk"), run.machines.isLocked]).toEqual([nth, false, false]);
    }
  });

  it("in a failover, is not begun anew over what it left, but resumed", async () => {
    const bound: string[] = [];
    for (const name of names) {
      using whole = await undisturbed(name);
      if (!whole.runnable.isResumedOnceBegun) continue;
      bound.push(name);
      using run = new Rehearsal(await fixtureOf(name));
      const [first] = points(whole).filter(({ when }) => when === "after");
      await run.startAndDie({ nth: whole.runnable.survey.machines.length + first!.nth, when: "after" });
      expect((await refusalOf(() => run.start())).code).toBe("RUN_UNFINISHED");
      await run.resume("laptop");
      expect([name, run.machines.state]).toEqual([name, whole.machines.state]);
    }
    expect(bound).toEqual(["failover balancer", "failover cache", "failover database-writer"]);
  });

  it.each(names)("in %s, and is aborted, leaves nothing that has an undo", async (name) => {
    using whole = await undisturbed(name);
    const surveyed = whole.runnable.survey.machines.length;
    const all = points(whole).filter(({ when }) => when === "after");
    const hasUndo = whole.machines.steps.all.some(({ step }) => step.undo);
    for (const [index, { nth, when }] of (hasUndo && !whole.holdsApply ? all : all.slice(-1)).entries()) {
      using run = new Rehearsal(await fixtureOf(name));
      await run.startAndDie({ nth: surveyed + nth, when });
      await run.abort(index % 2 === 0 ? "desk" : "laptop");
      // A phase that looks takes nothing back later: the next run looks again.
      const planned = run.machines.steps.all.filter(({ phase }) => phase.machines.length === 0);
      const steps = planned.map(({ step }) => step);
      expect({ nth, left: leftOver(run, steps) }).toEqual({ nth, left: [] });
      expect(await run.isOpen("desk")).toBe(false);
      expect((await refusalOf(() => run.resume("desk"))).code).toBe("RUN_NONE");
    }
  });
});

describe("a run of which a step fails", () => {
  it.each(names)(
    "in %s, says where and what to type, takes its group back, and is finished later",
    async (name) => {
      using whole = await undisturbed(name);
      const kinds = new Set<string>();
      for (const { step } of ownSteps(whole)) {
        // Three applies, one after the other, fail as one does.
        const kind = isOnlyApply(whole) ? step.title.split(" ")[0]! : step.title.replaceAll(/node-\d/g, "");
        if (kinds.has(kind)) continue;
        kinds.add(kind);
        using run = new Rehearsal(await fixtureOf(name));
        const { error, failed } = await failIn(run, step);
        expect(error.message).toContain(`on ${failed.machine}, "${failed.title}"`);
        const { phase } = run.machines.steps.all.find((one) => one.step === failed)!;
        const group = run.machines.steps.all.filter((one) => one.phase.group === phase.group);
        const isOpen = await run.isOpen("desk");
        if (phase.group !== undefined) {
          expect(error.message).toContain(`what "${phase.group}" had done until then was taken back`);
          expect(
            leftOver(
              run,
              group.map((one) => one.step),
            ),
          ).toEqual([]);
        } else if (!run.runnable.isRepeatable) expect(isOpen).toBe(true);
        // What is over, as its command does the rest when it is typed again, has left nothing to take back.
        else if (!isOpen)
          expect(
            leftOver(
              run,
              run.machines.steps.all.map((one) => one.step),
            ),
          ).toEqual([]);
        if (isOpen && !(run.runnable.isRepeatable && !run.runnable.isResumedOnceBegun))
          expect(error.remedy).toMatch(/mbctl resume goes on with it, mbctl abort takes back what it did$/);
        else expect(error.remedy).toMatch(/run (the command|mbctl recover galera) again/);
        await (isOpen ? run.resume("laptop") : run.start());
        expect({ step: step.title, state: run.machines.state }).toEqual({
          step: step.title,
          state: whole.machines.state,
        });
      }
    },
  );
});

/** Fails in the first command of the step, or in its gate where it has no command, and mends that afterwards. */
async function failIn(run: Rehearsal, step: Step): Promise<{ error: UserError; failed: Step }> {
  const broken = step.commands[0] ?? step.verify!.command;
  let isBroken = true;
  let failed: Step | undefined;
  run.machines.breaks = ({ machine, command }) => {
    const breaks = isBroken && machine === step.machine && effectOf(command) === effectOf(broken);
    // What a restart fails in must not keep its undo, a restart, from working.
    if (breaks && command.mutates) isBroken = false;
    return breaks;
  };
  const reporter = { ...silentReporter, stepFailed: (one: Step) => void (failed = one) };
  const error = await refusalOf(() => run.start({ reporter }));
  run.machines.breaks = () => false;
  return { error, failed: failed! };
}
