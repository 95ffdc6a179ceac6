import { describe, expect, it } from "@jest/globals";
import { haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { fileOf, rendered, settingsOf } from "../rendered.ts";
import { sampleContext } from "../sample-context.ts";
import { faults } from "./faults.ts";

const files = haproxy.files(sampleContext(threeMachines, machineNamed(threeMachines, "node-1")));

describe("the files of HAProxy", () => {
  it("are all checked by a program", () => {
    expect(files.map(({ check }) => check.kind)).toEqual(files.map(() => "command"));
  });

  it("each have a planted fault for their check, which changes them", () => {
    for (const { path } of files) {
      expect(faults.filter(({ pathEndsWith }) => path.endsWith(pathEndsWith))).not.toHaveLength(0);
    }
    for (const fault of faults.filter(({ pathEndsWith }) => !/^\.(pem|crt)$/.test(pathEndsWith))) {
      const text = rendered(haproxy, threeMachines, "node-1", fault.pathEndsWith);
      expect({ title: fault.title, changed: fault.mutate(text) !== text }).toEqual({
        title: fault.title,
        changed: true,
      });
    }
  });

  it("are checked with warnings as faults, and without -L, which would hide a wrong local peer", () => {
    const { check } = fileOf(haproxy, threeMachines, "node-1", "/haproxy.cfg");
    expect(check).toEqual({ kind: "command", argv: ["haproxy", "-c", "-dW", "-f", "{staged}"] });
  });

  it("that hold a secret are root's alone", () => {
    for (const file of files) {
      const { content } = file;
      const secret =
        content.kind === "template" && /@@secret:(balancer|cache|tls)/.test(JSON.stringify(content.view));
      if (secret) expect({ path: file.path, mode: file.mode }).toEqual({ path: file.path, mode: "0600" });
    }
    expect(files.filter(({ mode }) => mode === "0600")).toHaveLength(2);
  });

  it("that the configuration names lie under their hash", () => {
    expect(files.filter(({ addressed }) => addressed).map(({ path }) => path)).toEqual([
      "/etc/haproxy/tls/public.pem",
      "/etc/haproxy/tls/authority.crt",
    ]);
  });

  it("make the unit take drained machines out at a start and at a reload, and save the servers' state before a reload and a stop, and not stop a reload when that fails", () => {
    const settings = settingsOf(rendered(haproxy, threeMachines, "node-1", "/50-mailbastion.conf"));
    const save =
      "-/bin/sh /usr/local/lib/mailbastion/save-server-state.sh /run/haproxy/admin.sock /var/lib/haproxy";
    const drains =
      "-/bin/sh /usr/local/lib/mailbastion/apply-drains.sh /run/haproxy/admin.sock /var/lib/mailbastion-drain/balancer";
    expect(settings).toEqual([
      "[Service]",
      "Environment=SERVER_STATE_FOLDER=/var/lib/haproxy",
      `ExecStartPost=${drains}`,
      "ExecReload=",
      "ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS",
      // Before the state is saved: the next process loads what it says.
      `ExecReload=${drains}`,
      `ExecReload=${save}`,
      "ExecReload=/bin/kill -USR2 $MAINPID",
      `ExecStop=${save}`,
    ]);
  });

  it("hold no setting that only a container needs", () => {
    for (const { path } of files) {
      expect(rendered(haproxy, threeMachines, "node-1", path)).not.toContain("BindReadOnlyPaths");
    }
  });
});
