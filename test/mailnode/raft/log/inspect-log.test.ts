import { beforeEach, describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../../src/mailnode/disk/forgetful-disk.ts";
import { inspectLog } from "../../../../src/mailnode/raft/log/inspect-log.ts";
import { verifyLog } from "../../../../src/mailnode/raft/log/verify-log.ts";
import { seeded } from "../../fixtures/random.ts";
import { DIRECTORY, entries, entry, openOn, snapshotOf, writeSnapshot } from "./log-story.ts";

const SECOND = `${DIRECTORY}/segment-000000000002.log`;

describe("looking into a log", () => {
  let disk: ForgetfulDisk;
  beforeEach(async () => {
    disk = new ForgetfulDisk();
    const log = await openOn(disk);
    await log.append({ hardState: { term: 1, vote: undefined, commit: 0 }, entries: entries(1, 1, 6, 150) });
    await log.append({
      hardState: { term: 3, vote: "00000000000000bb", commit: 5 },
      entries: entries(3, 5, 9, 150),
    });
    await writeSnapshot(log, snapshotOf(1, 4));
    await log.append({ snapshot: snapshotOf(1, 4) });
  });
  const inspect = () => inspectLog(disk.blocking, DIRECTORY);
  const verify = () => verifyLog(disk.blocking, disk, DIRECTORY);

  it("lists segments with what lies in them, and what the log says in the end", () => {
    expect(inspect()).toBe(
      [
        "SEGMENT                   SIZE  USED  RECORDS  ENTRIES  INDEXES  TERMS  ENDS",
        "segment-000000000001.log  2048  1376  8        6        1-6      1      whole",
        "segment-000000000002.log  2048  1312  8        5        5-9      3      whole",
        "",
        "node      00000000000000aa",
        "promises  term 3, vote 00000000000000bb, commit 5",
        "snapshot  index 4 of term 1",
        "voters    00000000000000aa 00000000000000bb",
        "entries   1 to 9",
        "log       whole",
        "",
      ].join("\n"),
    );
  });

  it("changes nothing", async () => {
    const names: string[] = [];
    disk.fault = ({ name }) => void names.push(name);
    inspect();
    await verify();
    expect([...new Set(names)].sort()).toEqual(["close", "list", "open", "read"]);
  });

  it("verifies a whole log and its snapshot", async () => {
    expect(await verify()).toEqual({ text: "whole", exitCode: 0 });
  });

  it("tells a torn tail, with the byte where it begins", async () => {
    const log = await openOn(disk);
    disk.fault = ({ name }) => (name === "sync" ? "power" : undefined);
    await expect(log.append({ entries: [entry(3, 10, 600)] })).rejects.toMatchObject({
      code: "RAFT_LOG_FAILED",
    });
    const texts = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const after = disk.afterPowerLoss(seeded(seed));
      const { text, exitCode } = await verifyLog(after.blocking, after, DIRECTORY);
      expect(exitCode).toBe(text === "whole" ? 0 : 3);
      texts.add(text);
    }
    const torn = `torn tail at byte 1312 of ${SECOND}: the last write was interrupted; the node goes on without it`;
    expect(texts).toEqual(new Set(["whole", torn]));
  });

  it("tells corruption, with the byte and the segment", async () => {
    disk.blocking.flip(SECOND, 500);
    expect(await verify()).toEqual({
      text: expect.stringMatching(/^corrupt at byte \d+ of \/log\/segment-000000000002\.log: /),
      exitCode: 4,
    });
    expect(inspect()).toMatch(/segment-000000000002\.log .* corrupt\n/);
  });

  it("tells a snapshot that is damaged or gone", async () => {
    const path = `${DIRECTORY}/snapshot-0000000000000004-0000000000000001.snap`;
    disk.blocking.flip(path, 10);
    expect(await verify()).toMatchObject({
      exitCode: 4,
      text: expect.stringContaining("not what was written"),
    });
    await disk.remove(path);
    expect(await verify()).toEqual({ exitCode: 4, text: `corrupt: ${path} is not there` });
  });

  it("says that there is no log in a directory", async () => {
    await disk.makeDirectory("/empty");
    expect(() => inspectLog(disk.blocking, "/empty")).toThrow(
      expect.objectContaining({ code: "RAFT_LOG_ABSENT" }),
    );
    await expect(verifyLog(disk.blocking, disk, "/empty")).rejects.toMatchObject({ code: "RAFT_LOG_ABSENT" });
  });

  it("says of a log that was begun and never written to that it is whole", async () => {
    const fresh = new ForgetfulDisk();
    await openOn(fresh);
    expect(await verifyLog(fresh.blocking, fresh, DIRECTORY)).toEqual({ text: "whole", exitCode: 0 });
    expect(inspectLog(fresh.blocking, DIRECTORY)).toContain("entries   -\n");
  });
});
