import { expect } from "@jest/globals";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A snapshot that is a file of its own, without the escapes of Jest's: `expectFile(path, text)`.
 *
 * It follows Jest's switches: -u writes the file anew, --ci writes none, else one that is not there is written.
 */
export function expectFile(path: string, text: string): void {
  const mode = updateMode();
  if (mode === "all" || (mode === "new" && !existsSync(path))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (!existsSync(path)) throw new Error(`there is no ${path}; -u makes it`);
  expect(readFileSync(path, "utf8")).toBe(text);
}

/* Jest has no public name for it; packages that bring snapshots of their own read it here too. */
function updateMode(): "all" | "new" | "none" {
  const { snapshotState } = expect.getState() as unknown as {
    snapshotState: { _updateSnapshot: "all" | "new" | "none" };
  };
  return snapshotState._updateSnapshot;
}
