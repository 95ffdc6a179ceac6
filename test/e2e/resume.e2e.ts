import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { killAtStep } from "../../soak/resume/kill.ts";
import { pictureOf } from "../../soak/resume/picture.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { acquireCluster } from "./acquire-cluster.ts";
import { noEngine } from "./acquire-lab.ts";
import type { HostsProject } from "./project.ts";

/*
 * A laptop that dies in the middle of maintenance, and another run that goes on. The cluster is the one whose life
 * cluster.e2e.ts tells, or is made here when this file runs alone. Every step is killed by
 * `npm run soak:resume -- --runbook maintenance`; here some of them, from the first to the last.
 */

const MINUTE = 60_000;
const ENTER = ["maintenance", "enter", "node-2", "--yes"] as const;
const EXIT = ["maintenance", "exit", "node-2", "--yes"] as const;

(noEngine() === undefined ? describe : describe.skip)("maintenance that is killed and resumed", () => {
  let lab: Lab;
  let project: HostsProject;
  let inside: string;
  let outside: string;
  const steps = { enter: 0, exit: 0 };

  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const becomesWhole = () => project.becomesWhole(3 * MINUTE);
  /** Runs it to its end undisturbed, and counts its steps. */
  const count = async (args: readonly string[]) => {
    const undisturbed = await killAtStep(() => project.start(...args), project.runs, Infinity);
    expect(undisturbed).toMatchObject({ code: 0 });
    return undisturbed.steps.length;
  };

  beforeAll(async () => {
    ({ lab, project } = await acquireCluster());
    await becomesWhole();
    steps.enter = await count(ENTER);
    inside = await pictureOf(lab);
    steps.exit = await count(EXIT);
    await becomesWhole();
    outside = await pictureOf(lab);
  }, 14 * MINUTE);
  afterAll(() => project?.deploy[Symbol.dispose]());

  it("has many steps, and leaves two pictures that differ", () => {
    expect(steps.enter).toBeGreaterThan(12);
    expect(steps.exit).toBeGreaterThan(8);
    expect(inside).not.toBe(outside);
  });

  it.each([0, 0.5, 0.9])(
    "comes to the end that it has undisturbed, killed %d of the way in and out",
    async (share) => {
      for (const [args, total, picture] of [
        [ENTER, steps.enter, () => inside],
        [EXIT, steps.exit, () => outside],
      ] as const) {
        const nth = Math.max(1, Math.round(total * share));
        const killed = await killAtStep(() => project.start(...args), project.runs, nth);
        expect(killed.killedAt).toBeDefined();
        await succeeds("resume");
        if (args === EXIT) await becomesWhole();
        expect({ killed: killed.killedAt, picture: await pictureOf(lab) }).toEqual({
          killed: killed.killedAt,
          picture: picture(),
        });
      }
    },
    6 * MINUTE,
  );
});
