import { describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import { DEFAULT_OPTIONS } from "../../../../src/mailnode/raft/core/options.ts";
import { Raft } from "../../../../src/mailnode/raft/core/raft.ts";
import type { RaftLog } from "../../../../src/mailnode/raft/log/raft-log.ts";
import { seeded } from "../../fixtures/random.ts";
import { entries, openOn, snapshotOf, writeSnapshot } from "./log-story.ts";

/** A segment that has room for all of it: what is torn is one write. */
const ROOMY = 65_536;

const SNAPSHOT = snapshotOf(3, 8);
const [SELF, LEADER] = SNAPSHOT.membership.voters as [string, string];

/** A leader of term 2 that was cut off: 3 is committed, and what follows, of so many bytes each, is its own alone. */
async function deposed(disk: ForgetfulDisk, bytes: number): Promise<RaftLog> {
  const log = await openOn(disk, undefined, ROOMY);
  const founding = { ...SNAPSHOT, term: 1, index: 0 };
  await writeSnapshot(log, founding);
  await log.append({ snapshot: founding, entries: entries(1, 1, 3) });
  await log.append({ hardState: { term: 2, vote: SELF, commit: 3 }, entries: entries(2, 4, 10, bytes) });
  return log;
}

function coreOn(log: RaftLog): Raft {
  const { hardState, snapshot } = log;
  const held = log.entries(log.firstIndex, log.lastIndex + 1);
  return new Raft(
    { ...DEFAULT_OPTIONS, id: SELF, random: () => 0.5 },
    { hardState, snapshot, entries: held, applied: snapshot.index },
  );
}

/** The leader's snapshot takes the place of that log. Gives whether the disk took all of it. */
async function install(log: RaftLog): Promise<boolean> {
  const core = coreOn(log);
  core.step({ type: "snapshot", from: LEADER, to: SELF, term: 3, snapshot: SNAPSHOT });
  const { batch } = core.ready()!;
  const { hardState, snapshot, entries: added } = batch!;
  return log.append({ ...(hardState && { hardState }), ...(snapshot && { snapshot }), entries: added }).then(
    () => true,
    () => false,
  );
}

describe("a snapshot whose installation is interrupted", () => {
  it("never lets the node commit what it held in its place", async () => {
    let torn = 0;
    for (let at = 0, whole = false; !whole; at++) {
      // The sizes let the records of the installation lie across the border of a sector in every way.
      for (const seed of Array.from({ length: 64 }, (_, n) => at * 100 + n)) {
        const disk = new ForgetfulDisk();
        const log = await deposed(disk, 100 + (seed % 64) * 8);
        await writeSnapshot(log, SNAPSHOT);
        const first = disk.operations + at;
        disk.fault = ({ index }) => (index >= first ? "power" : undefined);
        whole = await install(log).catch(() => false);
        disk.fault = () => undefined;
        const found = await openOn(disk.afterPowerLoss(seeded(seed)), undefined, ROOMY);
        if (found.snapshot.index === SNAPSHOT.index) continue;
        torn++;
        expect([seed, found.hardState.commit]).toEqual([seed, 3]);
        expect(
          coreOn(found)
            .ready()
            ?.committed.map(({ term, index }) => [term, index]),
        ).toEqual([
          [1, 1],
          [1, 2],
          [1, 3],
        ]);
      }
    }
    expect(torn).toBeGreaterThan(0);
  });
});
