import { describe, expect, it, jest } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withSteps } from "../../scripts/runbook-steps.ts";
import { runbooks } from "../../src/toolkit/runbooks/registry.ts";

// The plan of every runbook is made, with secrets and all.
jest.setTimeout(120_000);

const folder = fileURLToPath(new URL("../../docs/runbooks/", import.meta.url));
const pages = new Map(
  globSync("*.md", { cwd: folder }).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);

describe("the pages of runbooks", () => {
  it("show the steps of every runbook that there is, each once", () => {
    const shown = [...pages.values()].flatMap((text) =>
      [...text.matchAll(/<!-- steps: (.*?) -->/g)].map(([, name]) => name!),
    );
    expect(shown.toSorted()).toEqual(runbooks.map(({ name }) => name).toSorted());
  });

  it("show the steps as they are planned now", async () => {
    for (const [name, text] of pages) expect([name, await withSteps(text)]).toEqual([name, text]);
  });

  it("are linked from their list", () => {
    const list = pages.get("README.md")!;
    for (const name of pages.keys()) if (basename(name) !== "README.md") expect(list).toContain(`](${name})`);
  });

  it("are of runbooks that ran in a lab, but for those that the README names", () => {
    const tests = globSync(["*.e2e.ts", "*.long.ts"], { cwd: join(folder, "../../test/e2e") });
    const typed = tests.map((name) => readFileSync(join(folder, "../../test/e2e", name), "utf8")).join("\n");
    const untried = runbooks
      .map(({ name }) => name)
      .filter((name) => !typed.includes(`("${name.replace(" ", '", "')}"`));
    const readme = readFileSync(join(folder, "../../README.md"), "utf8").replaceAll(/\s+/g, " ");
    const [, named = ""] = /every runbook but (.*?), which were run against simulated/.exec(readme) ?? [];
    expect([...named.matchAll(/`(.*?)`/g)].map(([, name]) => name)).toEqual(untried);
  });

  it("of one's own show the example as it is", () => {
    const read = (path: string) => readFileSync(join(folder, "../..", path), "utf8");
    const example = read("examples/runbooks/rotate-logs.ts");
    expect(read("docs/reference/own-runbooks.md")).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
