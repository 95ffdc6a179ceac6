import { describe, expect, it } from "@jest/globals";
import { UserError } from "../../../src/support/errors.ts";
import { parseYaml } from "../../../src/toolkit/spec/yaml.ts";

function messageOf(text: string): string {
  try {
    parseYaml(text, "cluster.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error("accepted");
}

describe("a YAML file", () => {
  it("that cannot be read is reported with line and column", () => {
    expect(messageOf("name: acme\nmail: { domains: [a\nnetwork: 1\n")).toMatch(/^cluster\.yaml:\d+:\d+: /);
  });

  it("with a machine named twice is refused: one must not silently replace the other", () => {
    expect(messageOf("machines:\n  node-1: {}\n  node-1: {}\n")).toBe(
      "cluster.yaml:3:3: Map keys must be unique",
    );
  });

  it("cannot grow without bound through aliases", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefg"
        .split("")
        .map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdef"[i]}`).join(",")}]`),
    ];
    expect(() => parseYaml(bomb.join("\n"), "bomb.yaml")).toThrow();
  });
});
