import { describe, expect, it } from "@jest/globals";
import { keepalived } from "../../../../src/toolkit/services/keepalived/service.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { fileOf, rendered, settingsOf } from "../rendered.ts";
import { faults } from "./faults.ts";

describe("the files of keepalived", () => {
  it("remove the VIP that a killed keepalived left behind, before a start and after every end", () => {
    const settings = settingsOf(
      rendered(keepalived, threeMachines, "node-1", "keepalived.service.d/50-mailbastion.conf"),
    );
    expect(settings).toContain("ExecStartPre=-/usr/sbin/ip address flush to 192.168.1.100/32");
    expect(settings).toContain("ExecStopPost=-/usr/sbin/ip address flush to 192.168.1.100/32");
    expect(settings).toContain("Restart=always");
  });

  it("are checked by keepalived itself, and reloaded, as a restart would move the VIP", () => {
    const file = fileOf(keepalived, threeMachines, "node-1", "/keepalived.conf");
    expect(file.check).toEqual({ kind: "command", argv: ["keepalived", "-t", "-f", "{staged}"] });
    expect(file.action).toEqual({ kind: "reload", unit: "keepalived.service" });
  });

  it("are all changed by their planted faults", () => {
    for (const fault of faults) {
      const text = rendered(keepalived, threeMachines, "node-1", fault.pathEndsWith);
      expect({ title: fault.title, changed: fault.mutate(text) !== text }).toEqual({
        title: fault.title,
        changed: true,
      });
    }
  });
});
