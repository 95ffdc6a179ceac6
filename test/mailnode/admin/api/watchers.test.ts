import { describe, expect, it } from "@jest/globals";
import { Watchers } from "../../../../src/mailnode/admin/api/watchers.ts";

describe("requests that wait", () => {
  it("are no more than the limit, and make room when they end, also by an error", async () => {
    const watchers = new Watchers(1);
    const { promise, reject } = Promise.withResolvers<never>();
    const first = watchers.run(() => promise);
    await expect(watchers.run(async () => 1)).rejects.toMatchObject({ code: "too-many-requests" });
    reject(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    expect(await watchers.run(async () => watchers.count)).toBe(1);
    expect(watchers.count).toBe(0);
  });
});
