import { describe, expect, it } from "@jest/globals";
import { ServiceGate } from "../../../src/mailnode/node/service-gate.ts";

describe("a service that several may ask to be closed", () => {
  it("is open only while none of them asks, and turns once", () => {
    const turns: boolean[] = [];
    const gate = new ServiceGate<"mark" | "cluster">((isClosed) => turns.push(isClosed));
    gate.set("mark", true);
    gate.set("cluster", true);
    gate.set("cluster", true);
    gate.set("mark", false);
    expect([gate.isClosed, gate.asks("mark"), gate.asks("cluster")]).toEqual([true, false, true]);
    gate.set("cluster", false);
    expect(turns).toEqual([true, false]);
  });
});
