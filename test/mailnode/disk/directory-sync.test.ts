import { describe, expect, it } from "@jest/globals";
import { DirectorySync } from "../../../src/mailnode/disk/directory-sync.ts";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";

/** A disk whose directory syncs end when the test says so. */
function slowDisk(): { disk: ForgetfulDisk; syncs: { path: string; end(error?: Error): void }[] } {
  const disk = new ForgetfulDisk();
  const syncs: { path: string; end(error?: Error): void }[] = [];
  disk.syncDirectory = (path) =>
    new Promise((resolve, reject) =>
      syncs.push({ path, end: (error) => (error ? reject(error) : resolve()) }),
    );
  return { disk, syncs };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("syncing a directory for many", () => {
  it("lets all who come during a sync share the next one, and none the running one", async () => {
    const { disk, syncs } = slowDisk();
    const sync = new DirectorySync(disk);
    const first = sync.sync("/q");
    await turn();
    const others = [sync.sync("/q"), sync.sync("/q"), sync.sync("/q")];
    let done = 0;
    for (const other of others) void other.then(() => done++);
    syncs[0]!.end();
    await first;
    await turn();
    expect(done).toBe(0);
    expect(syncs).toHaveLength(2);
    syncs[1]!.end();
    await Promise.all(others);
    expect(syncs).toHaveLength(2);
  });

  it("tells all who shared a failed sync, and tries again for the next", async () => {
    const { disk, syncs } = slowDisk();
    const sync = new DirectorySync(disk);
    const shared = [sync.sync("/q"), sync.sync("/q")];
    await turn();
    syncs[0]!.end(new Error("EIO"));
    await expect(shared[0]).rejects.toThrow("EIO");
    await expect(shared[1]).rejects.toThrow("EIO");
    const next = sync.sync("/q");
    await turn();
    syncs[1]!.end();
    await next;
  });

  it("tells those who came during a sync that failed, which may have covered their names", async () => {
    const { disk, syncs } = slowDisk();
    const sync = new DirectorySync(disk);
    const first = sync.sync("/q");
    await turn();
    const others = [sync.sync("/q"), sync.sync("/q")];
    syncs[0]!.end(new Error("EIO"));
    await expect(first).rejects.toThrow("EIO");
    for (const other of others) await expect(other).rejects.toThrow("EIO");
    const next = sync.sync("/q");
    await turn();
    expect(syncs).toHaveLength(2);
    syncs[1]!.end();
    await next;
  });

  it("does not let one directory wait for another", async () => {
    const { disk, syncs } = slowDisk();
    const sync = new DirectorySync(disk);
    void sync.sync("/q");
    const other = sync.sync("/failed");
    await turn();
    expect(syncs.map(({ path }) => path)).toEqual(["/q", "/failed"]);
    syncs[1]!.end();
    await other;
  });
});
