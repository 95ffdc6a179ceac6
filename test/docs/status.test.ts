import { describe, expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/reference/status.md"), "utf8");

/** A finding's rule stands in the source as a literal, or as one of two. */
const RULE = /\brule: (?:[^",\n]+\? )?"([a-z-]+)"(?:\s*: "([a-z-]+)")?/g;

const rulesOf = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .flatMap((path) => [...readFileSync(join(root, path), "utf8").matchAll(RULE)])
    .flatMap(([, one, other]) => [one!, ...(other === undefined ? [] : [other])])
    .toSorted();

const listed = (part: string) =>
  [...part.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule!).toSorted();

describe("the page of status and doctor", () => {
  const [, shared = "", deep = ""] = page.split(/^### Of .*\n/m);

  it("lists every rule of both, and no other", () => {
    expect(rulesOf("src/toolkit/status/rules/*.ts").length).toBeGreaterThan(30);
    expect(listed(shared)).toEqual(rulesOf("src/toolkit/status/rules/*.ts"));
  });

  it("lists every rule of the doctor alone, and no other", () => {
    expect(rulesOf("src/toolkit/status/doctor/rules/*.ts").length).toBeGreaterThan(10);
    expect(listed(deep)).toEqual(rulesOf("src/toolkit/status/doctor/rules/*.ts"));
  });
});
