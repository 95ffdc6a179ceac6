import { describe, expect, it } from "@jest/globals";
import type { Context } from "../../../src/mailnode/state/context.ts";
import { Keys } from "../../../src/mailnode/state/keys.ts";
import { Leases } from "../../../src/mailnode/state/leases.ts";

const context: Context = { index: 1, now: 0, wallMs: 0, actor: "tester", emit: () => undefined };

describe("the table of keys", () => {
  it("has no room for low priority any more while it still has some for high, and gets it back by deletes and ends", () => {
    const keys = new Keys(new Leases());
    const value = new Uint8Array(1024 * 1024);
    const put = (key: string, priority: "high" | "normal" | "low", ttlMs?: number): boolean =>
      keys.set({ type: "key.set", key, value, priority, ttlMs }, context).ok;
    const counts = { low: 0, normal: 0, high: 0 };
    for (const priority of ["low", "normal", "high"] as const)
      while (put(`${priority}${counts[priority]}`, priority, priority === "high" ? 10 : undefined))
        counts[priority]++;
    expect(counts).toEqual({ low: 204, normal: 26, high: 25 });
    expect(put("high0", "high")).toBe(true);
    keys.delete({ type: "key.delete", key: "low0" }, context);
    expect(put("more", "low")).toBe(false);
    expect(put("more", "high")).toBe(true);
    keys.expire({ ...context, now: 10 });
    keys.delete({ type: "key.delete", key: "low1" }, context);
    expect(put("more", "normal")).toBe(true);
    expect(keys.list("high")).toHaveLength(1);
  });
});
