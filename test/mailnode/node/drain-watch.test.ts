import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { DrainMark } from "../../../src/contract/drain-mark.ts";
import { serializeDrainMark } from "../../../src/contract/drain-mark.ts";
import { DrainWatch } from "../../../src/mailnode/node/drain-watch.ts";
import type { Env } from "../../../src/support/env.ts";
import { until } from "../fixtures/until.ts";

const mark: DrainMark = { machine: "a", owner: "ada@desk", reason: "r", at: "t", run: "1", work: "drain" };

/** Each wait lasts until the test calls tick. */
function steppedEnv() {
  const wake: (() => void)[] = [];
  const env = {
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake.push(resolve);
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  } as Env;
  return { env, waiting: () => wake.length, tick: () => wake.splice(0).forEach((go) => go()) };
}

describe("the watch for a drain's mark", () => {
  let folder: string;
  let path: string;
  const heard: (DrainMark | undefined)[] = [];
  const { env, tick, waiting } = steppedEnv();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "drain-watch-"));
    path = join(folder, "later", "drained");
    heard.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("says when the mark comes, says something else, and goes, also in a folder made later", async () => {
    const watch = new DrainWatch(path, env, (found) => heard.push(found));
    await watch.start();
    expect(heard).toEqual([]);
    await mkdir(join(folder, "later"));
    await writeFile(path, serializeDrainMark(mark));
    tick();
    await until(() => heard.length === 1 && waiting() === 1);
    await writeFile(path, serializeDrainMark({ ...mark, reason: "another" }));
    tick();
    await until(() => heard.length === 2 && waiting() === 1);
    expect(watch.mark?.reason).toBe("another");
    await rm(path);
    tick();
    await until(() => heard.length === 3);
    expect(heard).toEqual([mark, { ...mark, reason: "another" }, undefined]);
    watch.stop();
  });

  it("knows a mark that was there before it began, when its start has ended", async () => {
    await mkdir(join(folder, "later"));
    await writeFile(path, serializeDrainMark(mark));
    const watch = new DrainWatch(path, env, (found) => heard.push(found));
    await watch.start();
    watch.stop();
    expect(heard).toEqual([mark]);
  });

  it("takes a mark that cannot be read for a mark", async () => {
    await mkdir(path, { recursive: true });
    const watch = new DrainWatch(path, env, (found) => heard.push(found));
    await watch.start();
    watch.stop();
    expect(heard).toMatchObject([{ owner: "somebody unknown" }]);
  });
});
