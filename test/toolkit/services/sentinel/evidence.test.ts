import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { sentinelEvidence } from "../../../../src/toolkit/services/sentinel/evidence.ts";

/** What real Sentinels of Redis 7.0.15 answered: with two others; with both others stopped; of a name not watched. */
const parse = (name: string) =>
  sentinelEvidence.parse({
    code: 0,
    stdout: readFileSync(new URL(`recorded-${name}.txt`, import.meta.url), "utf8"),
    stderr: "",
  });

describe("what a Sentinel says", () => {
  it("is whom it names, whom it knows, and that it could fail over", () => {
    expect(parse("agreed")).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{40}$/),
      master: "127.0.0.1",
      flags: "master",
      otherSentinels: 2,
      quorum: 2,
      hasQuorum: true,
    });
  });

  it("is of one that is alone that it cannot, in its own words", () => {
    const found = parse("alone")!;
    expect(found.hasQuorum).toBe(false);
    expect(found.said).toMatch(/^NOQUORUM 1 usable Sentinels\./);
    expect(found.master).toBe("127.0.0.1");
  });

  it("is of one that watches nobody of that name that it names nobody", () => {
    const found = parse("watches-none")!;
    expect(found.master).toBeUndefined();
    expect(found).toMatchObject({ hasQuorum: false, flags: "", otherSentinels: 0 });
  });

  it("is nothing where nobody answers, or the password is refused", () => {
    for (const said of ["", "Could not connect to Redis", "NOAUTH Authentication required."])
      expect(sentinelEvidence.parse({ code: 0, stdout: `@id\n${said}\n`, stderr: "" })).toBeUndefined();
  });
});
