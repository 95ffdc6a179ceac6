import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Cluster } from "../../../src/mailnode/library/cluster.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/reference/cluster-library.md");

describe("the page on the library", () => {
  it("names every option", () => {
    const source = read("src/mailnode/library/options.ts");
    const options = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!);
    expect(options.length).toBeGreaterThan(25);
    expect(options.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("names what limits and checks of them are told", () => {
    const source = read("src/mailnode/library/rate-limiting.ts");
    const fields = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!);
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("names everything that a program can do", () => {
    const members = Object.getOwnPropertyNames(Cluster.prototype).filter((name) => name !== "constructor");
    const shown = members.filter((name) => !["nodeId"].includes(name));
    expect(shown.length).toBeGreaterThan(30);
    expect(shown.filter((name) => !new RegExp(`\`${name}(\\(\\))?\``).test(page))).toEqual([]);
  });
});
