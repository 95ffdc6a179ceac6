import { describe, expect, it } from "@jest/globals";
import { pino } from "pino";
import { Refusals } from "../../../src/mailnode/admin/refusals.ts";

describe("requests of those who may not", () => {
  it("are all counted, and told once a minute with how many there were", () => {
    const lines: unknown[] = [];
    const log = pino(
      { base: null, timestamp: false },
      { write: (line) => void lines.push(JSON.parse(line)) },
    );
    const time = { now: 5 };
    const refusals = new Refusals({ monotonic: () => time.now }, log);
    const msg = "requests of somebody who may not were refused";

    refusals.add("unauthenticated", { from: "192.0.2.1" });
    for (let i = 0; i < 20; i++) refusals.add("too-many-requests", { from: `192.0.2.${i}` });
    expect(lines).toEqual([{ level: 40, reason: "unauthenticated", from: "192.0.2.1", count: 1, msg }]);

    time.now += 59_999;
    refusals.add("unauthenticated", { from: "192.0.2.1" });
    expect(lines).toHaveLength(1);
    time.now += 1;
    refusals.add("forbidden", { from: "192.0.2.7", actor: "looker" });
    expect(lines[1]).toEqual({
      level: 40,
      reason: "forbidden",
      from: "192.0.2.7",
      actor: "looker",
      count: 22,
      msg,
    });
    expect(refusals.figures()).toEqual({ unauthenticated: 2, "too-many-requests": 20, forbidden: 1 });
  });
});
