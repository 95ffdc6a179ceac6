import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Bytes } from "../../src/support/bytes.ts";
import { Duration } from "../../src/support/duration.ts";
import { nearest } from "../../src/support/nearest.ts";
import {
  factsIn,
  interfacePlaceholder,
  resolvePlaceholders,
  secretPlaceholder,
  secretsIn,
} from "../../src/support/placeholder.ts";
import { Secret } from "../../src/support/secret.ts";

describe("a duration", () => {
  it("reads back what it prints", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (ms) => expect(Duration.parse(String(Duration.ms(ms))).ms).toBe(ms)),
    );
  });

  it.each(["5", "5 s", "s", "-1s", "1y", ""])("is not %j", (text) => {
    expect(() => Duration.parse(text)).toThrow("is not a duration");
  });
});

describe("a size", () => {
  it("reads back what it prints", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (count) =>
        expect(Bytes.parse(String(Bytes.of(count))).count).toBe(count),
      ),
    );
  });

  it.each(["5", "5MB", "1.5MiB", "-1B"])("is not %j", (text) => {
    expect(() => Bytes.parse(text)).toThrow("is not a size");
  });
});

describe("a secret", () => {
  it("prints as *** in every way of printing", () => {
    const secret = new Secret("hunter2");
    const prints = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 9, showHidden: true }),
    ];
    for (const print of prints) {
      expect(print).toContain("***");
      expect(print).not.toContain("hunter2");
    }
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("placeholders", () => {
  const text = `a ${secretPlaceholder({ name: "cache/password", version: "2" })} b ${interfacePlaceholder("10.0.0.1")} c`;

  it("are replaced each by what the resolver says", () => {
    const resolver = {
      secret: ({ name, version }: { name: string; version: string }) => `<${name}#${version}>`,
      fact: (name: string) => `[${name}]`,
    };
    expect(resolvePlaceholders(text, resolver)).toBe("a <cache/password#2> b [interface/10.0.0.1] c");
  });

  it("can be listed, each once", () => {
    expect(secretsIn(text + text)).toEqual([{ name: "cache/password", version: "2" }]);
    expect(factsIn(text + text)).toEqual(["interface/10.0.0.1"]);
  });
});

describe("the nearest name", () => {
  it("is found for a slip and not for another word", () => {
    expect(nearest("adress", ["address", "roles"])).toBe("address");
    expect(nearest("zebra", ["address", "roles"])).toBeUndefined();
  });
});
