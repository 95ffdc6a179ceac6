import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { loadOwnRunbooks } from "../../../../src/toolkit/runbooks/own/load.ts";

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "mailbastion-own-"));
  await mkdir(join(project, "runbooks"));
});
afterEach(() => rm(project, { recursive: true }));

const put = (name: string, text: string) => writeFile(join(project, "runbooks", name), text);

const SOUND = `export default {
  name: "rotate-logs", summary: "s", isRepeatable: false,
  arguments: { safeParse: (data) => ({ success: true, data }) },
  survey: () => ({ machines: [], command: () => undefined }), plan: () => ({ phases: [] }),
};\n`;

describe("the runbooks of a project", () => {
  it("are none where it has no such folder", async () => {
    await rm(join(project, "runbooks"), { recursive: true });
    expect(await loadOwnRunbooks(project)).toEqual([]);
  });

  it("are the default exports of the modules in it, in the order of their names", async () => {
    await put("a.mjs", SOUND);
    await put("b.mjs", SOUND.replace("rotate-logs", "second"));
    await put("notes.txt", "not a module");
    expect((await loadOwnRunbooks(project)).map(({ name }) => name)).toEqual(["rotate-logs", "second"]);
  });

  it.each([
    ["does not parse", "export default {", /cannot be loaded: /],
    ["exports nothing", "", /has no default export/],
    ["has no name", SOUND.replace("rotate-logs", "Rotate Logs!"), /has no name of small letters/],
    ["has no plan", SOUND.replace("plan:", "plans:"), /has no survey or no plan/],
    ["has no schema", SOUND.replace("arguments:", "args:"), /has no schema of its arguments/],
    [
      "bears the name of one of ours",
      SOUND.replace("rotate-logs", "apply"),
      /bears the name "apply", which another runbook has/,
    ],
  ])("are refused, by the module's name, when one %s", async (_what, text, message) => {
    await put("mine.mjs", text);
    await expect(loadOwnRunbooks(project)).rejects.toMatchObject({
      code: "RUNBOOK_MODULE",
      message: expect.stringMatching(message),
    });
    await expect(loadOwnRunbooks(project)).rejects.toThrow("runbooks/mine.mjs ");
  });
});
