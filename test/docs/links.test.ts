import { describe, expect, it } from "@jest/globals";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Neither what was installed nor what was made. */
const FOREIGN = ["node_modules", "dist", "cdktf.out", "coverage", ".cache", ".mailbastion"];
const pages = globSync("**/*.md", {
  cwd: root,
  exclude: (path) => FOREIGN.includes(basename(path)),
}).toSorted();

/** Targets of links and images, without those in code. */
function linksIn(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(\s*<?([^()\s>]+)>?[^)]*\)/g)].map(([, target]) => target!);
}

/** The anchors that headings make, as GitHub spells them. */
function anchorsIn(text: string): readonly string[] {
  const headings = text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Why a link leads nowhere; undefined when it does not, or leaves the project. */
function fault(page: string, link: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(root, page) : join(root, dirname(page), decodeURI(path));
  if (!existsSync(target)) return `${page}: ${link} is not there`;
  if (anchor === undefined || !target.endsWith(".md")) return undefined;
  return anchorsIn(readFileSync(target, "utf8")).includes(anchor)
    ? undefined
    : `${page}: ${link} names no heading`;
}

describe("Markdown", () => {
  it("has links that lead to a file, and to a heading, that is there", () => {
    const links = pages.flatMap((page) =>
      linksIn(readFileSync(join(root, page), "utf8")).map((link) => [page, link] as const),
    );
    expect(pages.length).toBeGreaterThan(0);
    expect(links.length).toBeGreaterThan(0);
    expect(links.map(([page, link]) => fault(page, link)).filter((line) => line !== undefined)).toEqual([]);
  });

  it("has an index of all decisions, and one of all pages for users", () => {
    const below = (folder: string) => pages.filter((page) => page.startsWith(folder));
    const listed = (index: string) =>
      linksIn(readFileSync(join(root, index), "utf8")).map((link) => join(dirname(index), link));
    expect(below("docs/decisions/").length).toBeGreaterThan(1);
    expect(listed("docs/decisions/README.md").toSorted()).toEqual(
      below("docs/decisions/").filter((page) => page !== "docs/decisions/README.md"),
    );
    const forUsers = below("docs/").filter((page) => !page.startsWith("docs/decisions/0"));
    const found = [
      "docs/README.md",
      ...["docs/README.md", "docs/runbooks/README.md"].flatMap((index) => listed(index)),
    ];
    expect(forUsers.filter((page) => !found.includes(page))).toEqual([]);
  });

  it("shows in README the smallest cluster as it is in the examples", () => {
    const example = readFileSync(join(root, "examples/three-machines.yaml"), "utf8");
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(example.replace(/^#.*\n/, ""));
  });

  it("is read as people read it: links over two lines, none in code, anchors of headings", () => {
    expect(linksIn('[a\nb](x.md) `[c](no.md)` ![d](y.png "title")\n```\n[e](no.md)\n```\n')).toEqual([
      "x.md",
      "y.png",
    ]);
    expect(anchorsIn("# What `apply` does, step by step\n")).toEqual(["what-apply-does-step-by-step"]);
    expect(fault("README.md", "no/such/file.md")).toBe("README.md: no/such/file.md is not there");
    expect(fault("CONTRIBUTING.md", "CONTRIBUTING.md#no-such-heading")).toContain("names no heading");
    expect(fault("README.md", "https://example.com/x")).toBeUndefined();
  });
});
