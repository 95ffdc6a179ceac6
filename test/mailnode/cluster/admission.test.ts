import { describe, expect, it } from "@jest/globals";
import { Admission } from "../../../src/mailnode/cluster/admission.ts";
import type { Priority } from "../../../src/mailnode/state/command.ts";

describe("admission", () => {
  it("lets high priority go first, and low priority still come to its turn", async () => {
    const admission = new Admission({ inFlight: 1, waiting: 100 });
    const order: string[] = [];
    const enter = (name: string, priority: Priority): Promise<void> =>
      admission.run(priority, async () => {
        order.push(name);
      });
    const first = enter("first", "normal");
    const all = [first, enter("low", "low"), enter("normal", "normal")];
    for (let number = 0; number < 12; number++) all.push(enter(`high-${number}`, "high"));
    await Promise.all(all);
    expect(order.slice(0, 4)).toEqual(["first", "high-0", "high-1", "high-2"]);
    expect(order.indexOf("low")).toBeGreaterThan(6);
    expect(order.indexOf("low")).toBeLessThan(order.indexOf("high-11"));
    expect(order.indexOf("normal")).toBeLessThan(order.indexOf("high-11"));
  });

  it("makes room when a task fails as well", async () => {
    const admission = new Admission({ inFlight: 1, waiting: 1 });
    await expect(admission.run("normal", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await admission.run("normal", async () => 7)).toBe(7);
  });
});
