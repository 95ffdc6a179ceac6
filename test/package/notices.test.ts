import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Metafile } from "esbuild";
import { NOTICES, writeNotices } from "../../scripts/notices.ts";

describe("the notices beside a bundle", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "notices-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const add = async (name: string, manifest: object, licence?: string): Promise<void> => {
    const folder = join(root, "node_modules", name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", ...manifest }));
    if (licence !== undefined) await writeFile(join(folder, "LICENSE.md"), licence);
  };
  const bundleOf = (inputs: Readonly<Record<string, number>>) =>
    ({
      outputs: {
        "out.mjs": {
          inputs: Object.fromEntries(
            Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
          ),
        },
      },
    }) as unknown as Metafile;

  it("are of each package with code in it, once, in the order of their names", async () => {
    await add("zoo", { license: "MIT" }, "Copyright of zoo\n");
    await add("@a/b", { license: "ISC" });
    await add("unused", { license: "MIT" });
    const bundle = bundleOf({
      "src/main.ts": 10,
      "node_modules/zoo/index.js": 5,
      "node_modules/zoo/lib/more.js": 5,
      "node_modules/@a/b/index.js": 5,
      "node_modules/unused/index.js": 0,
    });
    await writeNotices(root, ".", bundle);
    const text = await readFile(join(root, NOTICES), "utf8");
    expect(text.match(/^\S+ 1\.0\.0 .*$/gm)).toEqual(["@a/b 1.0.0 (ISC)", "zoo 1.0.0 (MIT)"]);
    expect(text).toContain("Copyright of zoo");
  });

  it("cannot be made of a package that says nothing of its licence", async () => {
    await add("silent", {});
    await expect(writeNotices(root, ".", bundleOf({ "node_modules/silent/index.js": 5 }))).rejects.toThrow(
      "silent says nothing of its licence",
    );
  });
});
