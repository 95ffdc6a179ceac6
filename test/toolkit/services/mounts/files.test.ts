import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { mountFiles } from "../../../../src/toolkit/services/mounts/files.ts";
import { mounts } from "../../../../src/toolkit/services/mounts/service.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { sampleContext } from "../sample-context.ts";

function texts(index: number, topology: Topology = threeMachines): ReadonlyMap<string, string> {
  const files = mountFiles(sampleContext(topology, topology.machines[index]!));
  return new Map(files.map(({ path, content }) => [path, render(content, "mailbastion: a test")]));
}
const MOUNT = "/etc/systemd/system/var-mail-shared.mount";
const KEEPER = "/etc/systemd/system/mailbastion-quarantine.service";

describe("the shared quarantine on a mail machine", () => {
  it("asks the machine's own brick first and the others when it does not answer", () => {
    const lines = texts(1).get(MOUNT)!.split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "What=192.168.1.102:/mail",
        "Where=/var/mail/shared",
        "Type=glusterfs",
        "Options=_netdev,backup-volfile-servers=192.168.1.101:192.168.1.103",
      ]),
    );
  });

  it("asks any storage machine where there is no brick of its own", () => {
    const [mail, ...rest] = threeMachines.machines;
    const topology = { ...threeMachines, machines: [{ ...mail!, roles: ["mail" as const] }, ...rest] };
    expect(texts(0, topology).get(MOUNT)).toContain("What=192.168.1.102:/mail\n");
  });

  it("is mounted at boot by its keeper, however late the volume has its quorum", () => {
    expect(texts(0).get(KEEPER)).toContain("WantedBy=multi-user.target");
    expect(texts(0).get(MOUNT)).not.toContain("[Install]");
    expect(mounts.units(threeMachines, threeMachines.machines[0]!)).toEqual([
      { name: "var-mail-shared.mount", state: "running", enabled: false, startedByForm: true },
      { name: "mailbastion-quarantine.service", state: "running", enabled: true },
    ]);
  });

  it("names the mount unit to its keeper as systemd reads it back", () => {
    const storage = { ...threeMachines.storage, mountPath: "/var/mail-box" };
    const keeper = texts(0, { ...threeMachines, storage }).get(KEEPER)!;
    expect(keeper).toContain("keep-mounted.sh var-mail\\\\x2dbox.mount /var/mail-box\n");
  });

  it("is there on mail machines of a cluster that has storage", () => {
    const without = threeMachines.machines.map((machine) => ({ ...machine, roles: ["mail" as const] }));
    expect(mounts.runsOn(threeMachines, threeMachines.machines[0]!)).toBe(true);
    expect(mounts.runsOn({ ...threeMachines, machines: without }, without[0]!)).toBe(false);
  });
});
