import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { showPlan } from "../../../../src/toolkit/cli/commands/plan.ts";
import { EXIT } from "../../../../src/toolkit/cli/exit-codes.ts";
import { loadOverrides, overridesFolder } from "../../../../src/toolkit/bundle/load-overrides.ts";
import { keepTheirs } from "../../../../src/toolkit/runbooks/plan/keep-theirs.ts";
import { planChanges } from "../../../../src/toolkit/runbooks/plan/plan-changes.ts";
import { FileMachines, noRelease, PATH, SECRET } from "./file-machines.ts";

let machines: FileMachines;
beforeEach(async () => void (machines = await FileMachines.make()));
afterEach(() => machines.stop());

async function plan({ json = false } = {}) {
  const lines: string[] = [];
  const changes = await planChanges(machines.context, machines.settings, noRelease);
  const code = showPlan(
    changes,
    { json },
    { out: (text) => void lines.push(stripVTControlCharacters(text)) },
  );
  return { code, text: lines.join("\n") };
}

const NOTHING = { code: EXIT.done, text: "nothing to do: everything is as described" };

async function keep() {
  const folder = overridesFolder(machines.project);
  const files = await keepTheirs(machines.context, machines.settings, folder, noRelease);
  machines.overrides = loadOverrides(machines.project);
  return files.map((file) => file.slice(folder.length));
}

describe("the plan of an apply", () => {
  it("tells every file with its secrets hidden, and every action in order, the same twice", async () => {
    const first = await plan();
    expect(first.code).toBe(EXIT.changes);
    expect(first.text).toMatchSnapshot();
    expect(first.text).not.toContain(SECRET);
    expect(await plan()).toEqual(first);
  });

  it("is empty after an apply, which is what it has told", async () => {
    const { text } = await plan({ json: true });
    const { actions } = JSON.parse(text) as { readonly actions: readonly unknown[] };
    expect(await machines.apply()).toEqual({ steps: actions.length });
    expect(await plan()).toEqual(NOTHING);
    expect(JSON.parse((await plan({ json: true })).text)).toMatchObject({
      changes: false,
      actions: [],
    });
  });

  it("shows of a changed description the lines that differ, and no others", async () => {
    await machines.apply();
    machines.limit = 11;
    const { code, text } = await plan();
    expect(code).toBe(EXIT.changes);
    expect(text).toMatchSnapshot();
  });
});

describe("a file that was changed by hand", () => {
  beforeEach(async () => {
    await machines.apply();
    await machines.edit("node-2", "last word", "last word, by eve");
  });

  it("is shown as such by the plan, without a secret, also one that was typed by hand", async () => {
    await machines.edit("node-2", SECRET, "Typed-By-Eve-1");
    const { code, text } = await plan();
    expect(code).toBe(EXIT.changes);
    expect(text).toMatchSnapshot();
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain("Typed-By-Eve-1");
  });

  it("stops an apply, and stays as it is", async () => {
    const before = await machines.read("node-2");
    await expect(machines.apply()).rejects.toMatchObject({
      code: "DRIFT_FOUND",
      message: expect.stringContaining(`node-2  ${PATH}  changed`),
    });
    expect(await machines.read("node-2")).toBe(before);
  });

  it("is put back when that is typed", async () => {
    await machines.apply({ overwrite: true });
    expect(await machines.read("node-2")).toBe(await machines.read("node-1"));
    expect(await plan()).toEqual(NOTHING);
  });

  it("is kept when that is typed, without a secret in the project, and is no drift any more", async () => {
    const before = await machines.read("node-2");
    expect(await keep()).toEqual([`/node-2${PATH}.patch`]);
    expect(machines.overrides[0]!.text).not.toContain(SECRET);
    expect((await plan()).text).toContain(
      "1 action:\n1. node-2  note that 1 file changed by hand is as described",
    );
    await machines.apply();
    expect(await machines.read("node-2")).toBe(before);
    expect(await plan()).toEqual(NOTHING);
  });

  it("and kept, goes with the next change of the description, unasked", async () => {
    await keep();
    await machines.apply();
    machines.limit = 11;
    await machines.apply();
    const text = await machines.read("node-2");
    expect([text.includes("limit 11\n"), text.includes("last word, by eve\n")]).toEqual([true, true]);
    machines.overrides = [];
    await machines.apply();
    expect(await machines.read("node-2")).not.toContain("by eve");
  });

  it("cannot be kept while the description changes it too, as a patch would take that back", async () => {
    machines.limit = 11;
    await expect(keep()).rejects.toMatchObject({
      code: "DRIFT_NOT_KEEPABLE",
      message: expect.stringContaining("the description changes this file too"),
      remedy: expect.stringContaining("--take-theirs"),
    });
    expect(loadOverrides(machines.project)).toEqual([]);
    machines.limit = 10;
    expect(await keep()).toEqual([`/node-2${PATH}.patch`]);
  });

  it("again, after it was kept and applied, is kept by the same patch", async () => {
    await keep();
    await machines.apply();
    await machines.edit("node-2", "by eve", "by mallory");
    const before = await machines.read("node-2");
    expect(await keep()).toEqual([`/node-2${PATH}.patch`]);
    await machines.apply();
    expect(await machines.read("node-2")).toBe(before);
    expect(await plan()).toEqual(NOTHING);
  });

  it("cannot be kept with a secret that somebody typed, and none gets into the project", async () => {
    await machines.edit("node-2", SECRET, "Typed-By-Eve-1");
    await expect(keep()).rejects.toMatchObject({ code: "DRIFT_NOT_KEEPABLE" });
    expect(loadOverrides(machines.project)).toEqual([]);
  });

  it("and removed, is shown, stops an apply, cannot be kept, and is put back", async () => {
    await machines.remove("node-2");
    expect((await plan()).text).toContain(`+ node-2  ${PATH}  changed by hand since the last apply`);
    await expect(machines.apply()).rejects.toThrow(`node-2  ${PATH}  removed`);
    await expect(keep()).rejects.toMatchObject({ code: "DRIFT_NOT_KEEPABLE" });
    await machines.apply({ overwrite: true });
    expect(await plan()).toEqual(NOTHING);
  });
});
