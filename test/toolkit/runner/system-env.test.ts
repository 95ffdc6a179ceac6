import { describe, expect, it } from "@jest/globals";
import { systemEnv } from "../../../src/toolkit/runner/system-env.ts";

describe("the real surroundings", () => {
  it("never measure backwards", () => {
    const before = systemEnv.monotonic();
    expect(systemEnv.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it("sleep until the end, or until they are told to stop", async () => {
    await systemEnv.sleep(1);
    await expect(systemEnv.sleep(60_000, AbortSignal.abort())).rejects.toThrow();
  });
});
