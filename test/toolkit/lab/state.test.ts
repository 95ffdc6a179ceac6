import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ensureLabKey } from "../../../src/toolkit/lab/lab-key.ts";
import {
  labPaths,
  labsOf,
  readLabState,
  removeLabState,
  requireLabState,
  writeLabState,
} from "../../../src/toolkit/lab/state.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

const state = {
  name: "acme",
  image: "mailbastion/machine:1",
  gateway: "192.168.1.1",
  network: "lab-acme",
  topology: threeMachines,
  containers: { "node-1": "lab-acme-node-1" },
};

describe("the state of a lab", () => {
  let project = "";
  beforeEach(async () => void (project = await mkdtemp(join(tmpdir(), "mailbastion-state-"))));
  afterEach(() => rm(project, { recursive: true }));

  it("is read as it was written, by its owner only, and gone after its removal", async () => {
    const paths = labPaths(project, "acme");
    expect(await readLabState(paths)).toBeUndefined();
    await writeLabState(paths, state);
    expect(await requireLabState(project, "acme")).toEqual(state);
    expect((await stat(paths.state)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.directory)).mode & 0o777).toBe(0o700);
    await removeLabState(paths);
    expect(await readLabState(paths)).toBeUndefined();
    expect(await labsOf(project)).toEqual([]);
  });

  it("names the labs that are up when it is asked for another", async () => {
    await writeLabState(labPaths(project, "acme"), state);
    await expect(requireLabState(project, "amce")).rejects.toMatchObject({
      code: "LAB_UNKNOWN",
      message: 'no lab "amce" is up in this project; up are: acme',
    });
  });

  it.each(["..", "../..", "", ".", "a b", "A", "x".repeat(49), "a/b", "-a"])(
    "has no place for a lab named %j: the folder is removed with the lab",
    (name) => {
      expect(() => labPaths(project, name)).toThrow(expect.objectContaining({ code: "LAB_NAME_INVALID" }));
    },
  );

  it("has a key of its own, made once, that its owner alone may read", async () => {
    const paths = labPaths(project, "acme");
    const made = await ensureLabKey(paths, "acme");
    expect(made).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ mailbastion lab acme$/);
    expect(await ensureLabKey(paths, "acme")).toBe(made);
    expect((await stat(paths.key)).mode & 0o777).toBe(0o600);
  });

  it("counts a lab of which only a key is there, so that taking all down removes it", async () => {
    await ensureLabKey(labPaths(project, "half"), "half");
    await mkdir(join(project, ".mailbastion", "labs"), { recursive: true });
    await writeFile(join(project, ".mailbastion", "labs", "stray"), "");
    expect(await labsOf(project)).toEqual(["half"]);
  });
});
