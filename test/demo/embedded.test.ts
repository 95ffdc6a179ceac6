import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "@jest/globals";
import { runEmbeddedDemo } from "../../demo/embedded/run.ts";

const MINUTES = 60_000;

const leftovers = async (): Promise<readonly string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith("mailbastion-demo-"));

describe("the embedded demonstration", () => {
  it(
    "loses no answered message when the node that holds the queue is killed, and leaves nothing behind",
    async () => {
      const before = await leftovers();
      const lines: string[] = [];
      const ledger = await runEmbeddedDemo({ print: (line) => lines.push(line) });
      expect(ledger).toMatchObject({ answered: 130, arrived: 130, missing: [] });
      expect(lines.join("\n")).toMatch(/node-2 took over/);
      expect(lines).toContain("missing:             none");
      expect(await leftovers()).toEqual(before);
    },
    3 * MINUTES,
  );
});
