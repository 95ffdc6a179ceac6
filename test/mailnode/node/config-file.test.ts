import fc from "fast-check";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parseMailNodeConfig } from "../../../src/contract/mailnode-config.ts";
import { UserError } from "../../../src/support/errors.ts";
import { readConfig } from "../../../src/mailnode/node/config-file.ts";
import { sampleConfig } from "../fixtures/config.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What may be spoiled in a configuration: the value at some place, by its keys. */
function placesIn(value: Json, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...at, key]))];
}

function withValue(
  value: Json,
  [key, ...rest]: readonly string[],
  change: Json | undefined,
): Json | undefined {
  if (key === undefined) return change;
  const inside = structuredClone(value) as Record<string, Json>;
  const changed = withValue(inside[key]!, rest, change);
  if (changed === undefined) delete inside[key];
  else inside[key] = changed;
  return inside;
}

/** Either a configuration, or the one error with a sentence for the person who wrote it. */
function parses(text: string): void {
  try {
    parseMailNodeConfig(text, "mbnode.json");
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain("mbnode.json");
  }
}

describe("the configuration file", () => {
  const sample = JSON.parse(JSON.stringify(sampleConfig())) as Json;
  const text = JSON.stringify(sample, undefined, 2);

  it("is read as it is, or refused by its name when it is not there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "config-"));
    try {
      const path = join(folder, "mbnode.json");
      await expect(readConfig(path)).rejects.toMatchObject({ code: "MAILNODE_FILE_UNREADABLE" });
      await writeFile(path, text);
      expect(await readConfig(path)).toMatchObject(sampleConfig());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("with any value in any place, or without it, is taken or refused in one way", () => {
    const places = fc.constantFrom(...placesIn(sample));
    const value = fc.option(fc.jsonValue() as fc.Arbitrary<Json>, { nil: undefined, freq: 4 });
    fc.assert(
      fc.property(places, value, (place, change) => {
        parses(JSON.stringify(withValue(sample, place, change)) ?? "");
      }),
      { numRuns: 1500 },
    );
  });

  it("whose text was cut or tampered with is taken or refused in one way", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.string({ unit: "binary", maxLength: 3 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.nat(text.length), changes, (length, places) => {
        let spoiled = text.slice(0, length);
        for (const [at, piece] of places) {
          const place = at % (spoiled.length + 1);
          spoiled = spoiled.slice(0, place) + piece + spoiled.slice(place + 1);
        }
        parses(spoiled);
      }),
      { numRuns: 1500 },
    );
  });
});
