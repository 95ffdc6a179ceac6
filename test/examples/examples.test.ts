import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { secretsIn } from "../../src/support/placeholder.ts";
import { buildBundles } from "../../src/toolkit/bundle/build.ts";
import { services } from "../../src/toolkit/services/registry.ts";
import { secretNames } from "../../src/toolkit/vault/entry.ts";
import { exampleFiles, exampleTopology } from "./examples.ts";
import { filesOf } from "./files-of.ts";
import { expectFile } from "./match-file.ts";
import { secretLikeLines } from "./secret-like.ts";

const SNAPSHOTS = fileURLToPath(new URL("__snapshots__/", import.meta.url));

/**
 * Files that no program checks before they take their place, by path, each with the reason. A path comes in here
 * when no program can be asked; there is none at present.
 */
const WITHOUT_CHECK: Readonly<Record<string, string>> = {};

const MARKER = /^mailbastion: made from .+ for cluster [a-z0-9-]+; change the cluster file, not this one$/;

const loaded = await Promise.all(
  exampleFiles.map(async (example) => {
    const topology = await exampleTopology(example);
    const files = buildBundles(topology).flatMap((bundle) =>
      bundle.files.map((file) => ({ ...file, at: `${bundle.machine}:${file.path}` })),
    );
    return { example, topology, files };
  }),
);

describe.each(loaded)("the example $example", ({ example, topology, files }) => {
  it("becomes these files", async () => {
    expectFile(`${SNAPSHOTS}${example}.txt`, await filesOf(example));
  });

  it("says at the top of every file who made it and where to change it", () => {
    const unmarked = files.filter(({ path, content }) => !MARKER.test(markerOf(path, content)));
    expect(unmarked.map(({ at }) => at)).toEqual([]);
  });

  it("holds placeholders where secrets go, of secrets that the vault is asked for, and no secret", () => {
    const asked = new Set(services.flatMap((service) => service.secrets(topology)).flatMap(secretNames));
    const unknown = files.flatMap(({ at, content }) =>
      secretsIn(content)
        .filter(({ name }) => !asked.has(name))
        .map(({ name }) => `${at}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(
      files.flatMap(({ at, content }) => secretLikeLines(content).map((line) => `${at}: ${line}`)),
    ).toEqual([]);
  });

  it("is the same to the byte in another process, folder, language and time zone", async () => {
    const again = execFileSync(
      process.execPath,
      [fileURLToPath(new URL("files-of.ts", import.meta.url)), example],
      {
        cwd: tmpdir(),
        env: {
          PATH: process.env["PATH"],
          HOME: "/nonexistent",
          LC_ALL: "tr_TR.UTF-8",
          TZ: "Pacific/Kiritimati",
        },
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    expect(again).toBe(await filesOf(example));
  });
});

describe("the examples", () => {
  it("have a check by a real program for every file but those on the list", () => {
    const unchecked = loaded.flatMap(({ files }) =>
      files.flatMap(({ path, check }) => (check.kind === "none" ? [[path, check.reason] as const] : [])),
    );
    expect(Object.fromEntries(unchecked)).toEqual(WITHOUT_CHECK);
  });

  it("are all that there are snapshots of", () => {
    expect(readdirSync(SNAPSHOTS).toSorted()).toEqual(exampleFiles.map((example) => `${example}.txt`));
  });
});

/** The first line behind its comment sign; JSON, which has no comments, has it in its first key. */
function markerOf(path: string, content: string): string {
  if (!path.endsWith(".json")) return content.split("\n")[0]!.replace(/^# /, "");
  const [first] = Object.entries(JSON.parse(content) as Record<string, unknown>);
  return first?.[0] === "$comment" ? String(first[1]) : "";
}
