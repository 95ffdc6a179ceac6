import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { KeyRing } from "../../../src/mailnode/membership/shell/key-ring.ts";
import { changeKeys, readGossipKeys } from "../../../src/mailnode/node/gossip-keys.ts";
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
    expect((await readGossipKeys(file)).map((key) => key.reveal())).toEqual(
      [keyOf(1), keyOf(2)].map((key) => key.reveal()),
    );
    await writeFile(file, " \n");
    await expect(readGossipKeys(file)).rejects.toMatchObject({ code: "GOSSIP_KEYS_NONE" });
    await expect(readGossipKeys(join(folder, "absent"))).rejects.toMatchObject({
      code: "MAILNODE_FILE_UNREADABLE",
    });
  });

  it("is followed in three rounds of a rotation, and nothing is taken out when a key is bad", () => {
    const ring = new KeyRing(keyOf(1));
    const [old] = ring.ids;
    changeKeys(ring, [keyOf(1), keyOf(2)]);
    expect([ring.ids.length, ring.primary.id]).toEqual([2, old]);
    changeKeys(ring, [keyOf(2), keyOf(1)]);
    expect([ring.ids.length, ring.primary.id === old]).toEqual([2, false]);
    const short = { reveal: () => "c2hvcnQ=" } as ReturnType<typeof keyOf>;
    expect(() => changeKeys(ring, [keyOf(2), short])).toThrow("not 32");
    expect(ring.ids).toHaveLength(2);
    changeKeys(ring, [keyOf(2)]);
    expect(ring.ids).not.toContain(old);
  });
});
