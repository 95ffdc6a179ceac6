import { describe, expect, it } from "@jest/globals";
import type { LogWriter } from "../../../src/mailnode/raft/log/log-writer.ts";
import { TimedBackend } from "../../../src/mailnode/sim/timed-backend.ts";

/** A writer that notes what is written with one sync, and a disk that is ready when it is told to. */
function backend(): { backend: TimedBackend; syncs: number[][]; ready: () => void } {
  const syncs: number[][] = [];
  const waiting: (() => void)[] = [];
  const writer = {
    write: (batches: readonly Uint8Array[]) => {
      syncs.push(batches.map((batch) => batch[0]!));
      return batches.map((_, at) => ({ segment: 1, at }));
    },
    close: () => undefined,
  } as unknown as LogWriter;
  const later = (run: () => void): void => void waiting.push(run);
  return { backend: new TimedBackend(writer, later), syncs, ready: () => waiting.shift()!() };
}

const batch = (value: number): Uint8Array<ArrayBuffer> => new Uint8Array([value]);

describe("a log's thread in virtual time", () => {
  it("writes nothing before the disk is ready, and what came meanwhile with the next sync", async () => {
    const { backend: log, syncs, ready } = backend();
    const first = log.write(batch(1));
    const second = log.write(batch(2));
    const third = log.write(batch(3));
    expect(syncs).toEqual([]);
    ready();
    expect(await first).toEqual({ segment: 1, at: 0 });
    expect(syncs).toEqual([[1]]);
    ready();
    expect([await second, await third].map(({ at }) => at)).toEqual([0, 1]);
    expect(syncs).toEqual([[1], [2, 3]]);
  });

  it("ends when all before has ended, and is not written to afterwards", async () => {
    const { backend: log, syncs, ready } = backend();
    const writes = [log.write(batch(1)), log.write(batch(2))];
    await log.close();
    await Promise.all(writes);
    ready();
    expect(syncs).toEqual([[1], [2]]);
  });
});
