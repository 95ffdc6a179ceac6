import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { KeyRing } from "../../../src/mailnode/membership/shell/key-ring.ts";
import { readGossipKeys } from "../../../src/mailnode/node/gossip-keys.ts";
import { keyOf } from "../membership/shell/nodes.ts";

describe("the file of gossip keys", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gossip-keys-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has one key per line, in order, blank lines apart", async () => {
    const file = join(folder, "keys");
    await writeFile(file, `\n${keyOf(1).reveal()}\n  ${keyOf(2).reveal()}\n\n`);
    expect((await readGossipKeys(file)).ids).toEqual(new KeyRing(keyOf(1), keyOf(2)).ids);
    await writeFile(file, " \n");
    await expect(readGossipKeys(file)).rejects.toMatchObject({ code: "GOSSIP_KEYS_NONE" });
    await expect(readGossipKeys(join(folder, "absent"))).rejects.toMatchObject({
      code: "MAILNODE_FILE_UNREADABLE",
    });
  });
});
