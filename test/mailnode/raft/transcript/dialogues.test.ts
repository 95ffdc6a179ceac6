import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { play } from "./dialogue.ts";

const folder = new URL("./dialogues/", import.meta.url);

describe("the dialogues of cores", () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith(".txt")))("%s is what the cores say", (name) => {
    const document = readFileSync(new URL(name, folder), "utf8");
    expect(document).toMatch(/^ {2}\S/m);
    expect(play(document)).toBe(document);
  });
});
