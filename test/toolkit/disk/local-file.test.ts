import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keptBy, readStreamed, writeStreamed } from "../../../src/toolkit/disk/local-file.ts";
import { createKey } from "../../../src/toolkit/vault/key-file.ts";

describe("a file that a stream goes into", () => {
  let folder: string;
  let localFile: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailbastion-file-"));
    localFile = join(folder, "new", "file");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("has its name only when it is whole, in a folder that is made for it", async () => {
    const output = await writeStreamed({ localFile });
    output.take(Readable.from([Buffer.from("con"), Buffer.from("tent")]), () => undefined);
    expect(await readdir(join(folder, "new"))).toEqual(["file.part"]);
    await output.keep();
    expect((await readdir(join(folder, "new"))).toSorted()).toEqual(["file", "file.sha256"]);
    expect(await readFile(localFile, "utf8")).toBe("content");
  });

  it("takes the place of what an earlier attempt has left", async () => {
    await writeStreamed({ localFile });
    const output = await writeStreamed({ localFile });
    output.take(Readable.from([Buffer.from("second")]), () => undefined);
    await output.keep();
    expect(await readFile(localFile, "utf8")).toBe("second");
  });

  it("is gone where what writes to it fails, and the failure is the caller's", async () => {
    const output = await writeStreamed({ localFile });
    await expect(keptBy(output, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    expect(await readdir(join(folder, "new"))).toEqual([]);
  });

  it("is not kept where the stream broke off, whatever the exit code says", async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("half");
        throw new Error("broke off");
      })(),
    );
    const output = await writeStreamed({ localFile });
    const kept = keptBy(output, async () => {
      output.take(broken, () => undefined);
      return { code: 0 };
    });
    await expect(kept).rejects.toThrow("broke off");
    expect(await readdir(join(folder, "new"))).toEqual([]);
  });

  it("that is sealed opens with its key alone", async () => {
    const [keyFile, other] = [join(folder, "key"), join(folder, "other")];
    await createKey(keyFile, 0);
    await createKey(other, 0);
    const output = await writeStreamed({ localFile, keyFile });
    output.take(Readable.from([Buffer.from("plain")]), () => undefined);
    await output.keep();
    expect(await text(await readStreamed({ localFile, keyFile }))).toBe("plain");
    await expect(text(await readStreamed({ localFile, keyFile: other }))).rejects.toMatchObject({
      code: "SEALED_FILE_DAMAGED",
    });
    await writeFile(localFile, (await readFile(localFile)).subarray(0, -1));
    await expect(text(await readStreamed({ localFile, keyFile }))).rejects.toMatchObject({
      code: "SEALED_FILE_DAMAGED",
    });
  });

  it("needs its key", async () => {
    const missing = { localFile, keyFile: join(folder, "nowhere") };
    await expect(writeStreamed(missing)).rejects.toMatchObject({ code: "VAULT_KEY_MISSING" });
    await expect(readStreamed(missing)).rejects.toMatchObject({ code: "VAULT_KEY_MISSING" });
  });
});
