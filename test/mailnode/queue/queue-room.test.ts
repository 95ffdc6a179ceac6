import { describe, expect, it } from "@jest/globals";
import { ForgetfulDisk } from "../../../src/mailnode/disk/forgetful-disk.ts";
import { FreeSpace } from "../../../src/mailnode/queue/free-space.ts";
import { QueueRoom } from "../../../src/mailnode/queue/queue-room.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { quietLog } from "../fixtures/quiet-log.ts";

describe("room for new mail", () => {
  it("is there until what waits takes more than a quarter of the heap, and again once a tenth of that is gone", async () => {
    const disk = new ForgetfulDisk();
    await disk.makeDirectory("/spool");
    let usedBytes = 0;
    const room = new QueueRoom(
      new FreeSpace(disk, "/spool", 1, systemEnv, quietLog),
      { limitBytes: 400, usedBytes: () => usedBytes },
      quietLog,
    );
    const codeAt = async (bytes: number): Promise<unknown> => {
      usedBytes = bytes;
      return room.need().then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code,
      );
    };
    expect(await codeAt(100)).toBeUndefined();
    expect(await codeAt(101)).toBe("ENOMEM");
    expect(await codeAt(91)).toBe("ENOMEM");
    expect(await codeAt(90)).toBeUndefined();
    expect(await codeAt(100)).toBeUndefined();
  });
});
