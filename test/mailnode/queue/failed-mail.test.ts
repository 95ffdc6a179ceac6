import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { pino } from "pino";
import { realDisk } from "../../../src/mailnode/disk/real-disk.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import {
  FAILED_MAIL_LIMITS,
  FailedMail,
  type FailedMailLimits,
} from "../../../src/mailnode/queue/failed-mail.ts";
import { Spool } from "../../../src/mailnode/queue/spool.ts";
import { SmallDisk } from "../fixtures/small-disk.ts";
import { until } from "../fixtures/until.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BLOCK = 4096;

describe("failed mail", () => {
  let directory: string;
  let spool: Spool;
  let now: number;
  let lines: Record<string, unknown>[];
  let kept: FailedMail | undefined;
  /** Ends the hour for which it waits. */
  let hour: (() => void) | undefined;

  const env = {
    ...systemEnv,
    now: () => now,
    sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        expect(ms).toBe(HOUR_MS);
        signal?.addEventListener("abort", () => resolve());
        hour = resolve;
      }),
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "failed-mail-"));
    now = 1_800_000_000_000;
    lines = [];
    hour = undefined;
    ({ spool } = await Spool.open(realDisk, directory, env));
  });
  afterEach(async () => {
    await kept?.stop();
    kept = undefined;
    await rm(directory, { recursive: true });
  });

  const limited = (limits: Partial<FailedMailLimits>): FailedMail => {
    const log = pino(
      { base: null, timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const all = { ...FAILED_MAIL_LIMITS, leaveFreeBytes: 0, ...limits };
    return (kept = new FailedMail(realDisk, spool.failed, all, env, log));
  };
  const looked = async (mail: FailedMail): Promise<void> => {
    mail.start();
    await until(() => hour !== undefined);
  };
  const anHourLater = async (): Promise<void> => {
    const end = hour!;
    hour = undefined;
    now += HOUR_MS;
    end();
    await until(() => hour !== undefined);
  };
  /** A message that was taken in at this moment, of two blocks, and its state of one. */
  const put = async (id = spool.newId()): Promise<string> => {
    await writeFile(join(spool.failed, id), Buffer.alloc(BLOCK + 1));
    await writeFile(join(spool.failed, `${id}.state`), "{}");
    now += 1_000;
    return id;
  };
  const there = async (): Promise<readonly string[]> =>
    (await readdir(spool.failed)).filter((name) => !name.endsWith(".state")).sort();
  const removed = (id: string, why: string, bytes = 3 * BLOCK) => ({
    level: 40,
    id,
    bytes,
    why,
    msg: "removed from failed/",
  });

  it("beyond the limit in bytes goes at the start, with its states, the oldest first, and the log says so", async () => {
    const ids = [await put(), await put(), await put(), await put()];
    const mail = limited({ maxBytes: 6 * BLOCK });
    await looked(mail);
    expect(await there()).toEqual(ids.slice(2));
    expect(await readdir(spool.failed)).toHaveLength(4);
    expect(lines).toEqual([removed(ids[0]!, "size"), removed(ids[1]!, "size")]);
    expect(mail.bytes).toBe(6 * BLOCK);
  });

  it("makes room for what is set aside, also before the first look has ended", async () => {
    const old = await put();
    const mail = limited({ maxBytes: 6 * BLOCK });
    const ids = [await put(), await put()];
    for (const id of ids) await mail.add(id);
    expect(await there()).toEqual([old, ...ids]);
    await looked(mail);
    expect(await there()).toEqual(ids);
    ids.push(await put());
    await mail.add(ids.at(-1)!);
    expect(await there()).toEqual(ids.slice(1));
    expect(lines.map(({ id }) => id)).toEqual([old, ids[0]]);
    expect(mail.bytes).toBe(6 * BLOCK);
  });

  it("that alone is larger than the limit does not stay", async () => {
    const mail = limited({ maxBytes: 2 * BLOCK });
    await mail.add(await put());
    expect(await there()).toEqual([]);
    expect(mail.bytes).toBe(0);
  });

  it("goes where it would take the room that new mail needs, however little it is, and no more than must", async () => {
    const disk = await SmallDisk.mount(1);
    try {
      ({ spool } = await Spool.open(realDisk, disk.path, env));
      const leaveFreeBytes = (await realDisk.freeBytes(disk.path)) - 6 * BLOCK;
      const mail = limited({ leaveFreeBytes });
      const ids = [await put(), await put(), await put(), await put()];
      for (const id of ids) await mail.add(id);
      expect(await there()).toEqual(ids.slice(2));
      expect(lines).toEqual([removed(ids[0]!, "space"), removed(ids[1]!, "space")]);
      expect(await realDisk.freeBytes(disk.path)).toBe(leaveFreeBytes);
    } finally {
      await disk.unmount();
    }
  });

  it("goes when it is too old, by its id, though nothing else is set aside", async () => {
    const old = await put();
    now += DAY_MS;
    const young = await put();
    const mail = limited({ maxAgeMs: DAY_MS + 2 * HOUR_MS });
    await looked(mail);
    expect(await there()).toEqual([old, young]);
    await anHourLater();
    await anHourLater();
    expect(await there()).toEqual([young]);
    expect(lines).toEqual([removed(old, "age")]);
  });

  it("whose name tells no time ages from when it was found", async () => {
    await put("strange");
    now += 100 * DAY_MS;
    const mail = limited({ maxAgeMs: HOUR_MS });
    await looked(mail);
    expect(await there()).toEqual(["strange"]);
    await anHourLater();
    await anHourLater();
    expect(await there()).toEqual([]);
  });

  it("that an operator removed counts no more after an hour, and a state that was left behind goes too", async () => {
    const ids = [await put(), await put()];
    const mail = limited({ maxAgeMs: 3 * HOUR_MS });
    await looked(mail);
    await rm(join(spool.failed, ids[0]!));
    await rm(join(spool.failed, ids[1]!));
    await rm(join(spool.failed, `${ids[1]!}.state`));
    await anHourLater();
    expect(mail.bytes).toBe(3 * BLOCK);
    for (let hours = 0; hours < 3; hours++) await anHourLater();
    expect(await readdir(spool.failed)).toEqual([]);
    expect(mail.bytes).toBe(0);
  });

  it("goes although something older cannot be removed, which is tried again later", async () => {
    const stuck = spool.newId();
    await mkdir(join(spool.failed, stuck));
    now += 1_000;
    const id = await put();
    await looked(limited({ maxBytes: 1 }));
    expect(await there()).toEqual([stuck]);
    expect(lines).toMatchObject([{ level: 50, msg: "failed/ could not be tidied" }, removed(id, "size")]);
    await anHourLater();
    expect(lines.at(-1)).toMatchObject({ level: 50, msg: "failed/ could not be tidied" });
  });

  it("is kept up to 1 GiB and for 30 days", () => {
    expect(FAILED_MAIL_LIMITS).toEqual({ maxBytes: 1_073_741_824, maxAgeMs: 2_592_000_000 });
  });
});
