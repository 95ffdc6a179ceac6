import { describe, expect, it } from "@jest/globals";
import { FailureLimit } from "../../../src/mailnode/admin/failure-limit.ts";

function limit() {
  const time = { now: 0.5 };
  return { time, failures: new FailureLimit({ monotonic: () => time.now }) };
}

const many = (failures: FailureLimit, count: number, address = "a"): readonly number[] =>
  Array.from({ length: count }, () => failures.failed(address));

describe("the limit of failures", () => {
  it("lets ten pass, then says when the next one will, in whole milliseconds", () => {
    const { failures } = limit();
    expect(many(failures, 11)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6_000]);
  });

  it("forgives one in six seconds, and does not punish asking meanwhile", () => {
    const { time, failures } = limit();
    many(failures, 50);
    time.now += 5_999.5;
    expect(failures.failed("a")).toBe(1);
    time.now += 0.5;
    expect(many(failures, 2)).toEqual([0, 6_000]);
  });

  it("counts each address for itself, and forgets the oldest of too many", () => {
    const { failures } = limit();
    many(failures, 10, "first");
    expect(failures.failed("second")).toBe(0);
    expect(failures.failed("first")).toBeGreaterThan(0);
    for (let i = 0; i < 10_000; i++) failures.failed(`other ${i}`);
    expect(failures.failed("first")).toBe(0);
  });
});
