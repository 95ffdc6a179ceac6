import { describe, expect, it } from "@jest/globals";
import { diagnose } from "../../../../src/toolkit/status/doctor/diagnose.ts";
import { deepView } from "./deep.ts";

describe("a diagnosis", () => {
  const view = deepView(
    { "node-2": { vrrp: "x Entering FAULT STATE\n" }, "node-1": { reach: "192.168.1.103:4567 silent\n" } },
    (status) => void (status.vipHolders = []),
  );

  it("is the doctor's rules and those of status, the worst first", () => {
    expect(diagnose(view).map(({ rule }) => rule)).toEqual(["way-shut", "vip-absent", "vrrp-fault"]);
  });

  it("of one machine is what concerns it, or the cluster as a whole", () => {
    expect(diagnose(view, "node-2").map(({ rule }) => rule)).toEqual(["vip-absent", "vrrp-fault"]);
    expect(diagnose(view, "node-3").map(({ rule }) => rule)).toEqual(["way-shut", "vip-absent"]);
  });
});
