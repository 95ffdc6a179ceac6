import { describe, expect, it } from "@jest/globals";
import { healthOf, healthSchema } from "../../src/contract/health.ts";

const OK = { status: "ok" } as const;
const FAILED = { status: "failed", reason: "ECONNREFUSED" } as const;
const SERVICES = { smtp: OK, queue: OK, delivery: OK };

describe("health", () => {
  it("is healthy when every check that there is is ok", () => {
    expect(healthOf("n", "1", { services: SERVICES }).status).toBe("healthy");
    expect(healthOf("n", "1", { database: OK, redis: OK, services: SERVICES }).status).toBe("healthy");
  });

  it.each([
    ["the database", { database: FAILED, redis: OK, services: SERVICES }],
    ["Redis", { database: OK, redis: FAILED, services: SERVICES }],
    ["a part of the node", { services: { ...SERVICES, queue: FAILED } }],
  ])("is unhealthy when %s fails", (_what, checks) => {
    expect(healthOf("n", "1", checks).status).toBe("unhealthy");
  });

  it("cannot be told with a failure that has no reason", () => {
    const health = healthOf("n", "1", { database: OK, services: SERVICES });
    expect(healthSchema.safeParse(health).success).toBe(true);
    expect(
      healthSchema.safeParse({ ...health, checks: { ...health.checks, database: { status: "failed" } } })
        .success,
    ).toBe(false);
  });
});
