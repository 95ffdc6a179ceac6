import { describe, expect, it } from "@jest/globals";
import type { Context } from "../../../src/mailnode/state/context.ts";
import { Records } from "../../../src/mailnode/state/records.ts";

const at = (now: number): Context => ({ index: 1, now, wallMs: 0, actor: "tester", emit: () => undefined });

describe("a table of records", () => {
  it("ends each record at its last end, however often it was renewed", () => {
    const table = new Records<{ expiresAt?: number }>("keys");
    for (let round = 0; round < 10_000; round++) table.set("a", { expiresAt: 1_000_000 + round }, at(0));
    table.set("b", { expiresAt: 50 }, at(0));
    table.set("c", {}, at(0));
    expect(table.expire(at(49))).toEqual([]);
    expect(table.expire(at(50)).map(([key]) => key)).toEqual(["b"]);
    expect(table.expire(at(1_009_998))).toEqual([]);
    expect(table.expire(at(1_009_999)).map(([key]) => key)).toEqual(["a"]);
    expect(table.expire(at(Infinity))).toEqual([]);
    expect(table.size).toBe(1);
  });

  it("keeps no more than a few ends per record", () => {
    const table = new Records<{ expiresAt?: number }>("keys");
    for (let round = 0; round < 10_000; round++) table.set("a", { expiresAt: 1_000_000 + round }, at(0));
    expect(table.ends).toBeLessThan(100);
  });
});
