import { describe, expect, it } from "@jest/globals";
import { aliveArgv, haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { machineNamed } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";

const node1 = machineNamed(threeMachines, "node-1");

describe("the haproxy service", () => {
  it("runs on balancers only", () => {
    const names = threeMachines.machines.filter((machine) => haproxy.runsOn(threeMachines, machine));
    expect(names.map(({ name }) => name)).toEqual(["node-1", "node-2"]);
  });

  it("opens mail and console to anyone, database and cache to mail nodes, peers to balancers, the rest to nobody", () => {
    const listeners = haproxy.listens(threeMachines, node1);
    expect(listeners.map(({ port, on, from }) => `${on} ${port} ${from}`)).toEqual([
      "vip 25 anyone",
      "vip 465 anyone",
      "vip 587 anyone",
      "vip 443 anyone",
      "vip 3306 mail",
      "vip 6379 mail",
      "machine 8404 self",
      "machine 8405 self",
      "machine 10000 balancer",
    ]);
  });

  it("has in the lab a certificate of the cluster's own authority, for the mail name and the VIP", () => {
    expect(haproxy.secrets(threeMachines)).toContainEqual({
      kind: "certificate",
      name: "tls/public",
      authority: "pki/authority",
      commonName: "mail.example.com",
      names: ["mail.example.com"],
      addresses: ["192.168.1.100"],
    });
  });

  it("takes the operator's certificate where the description names one", () => {
    const files = { kind: "files", certificateFile: "mail.crt", keyFile: "mail.key" } as const;
    expect(haproxy.secrets({ ...threeMachines, tls: { public: files } })).toContainEqual({
      ...files,
      name: "tls/public",
    });
  });

  it("is probed by a request that the process itself must answer, and that changes nothing", () => {
    expect(haproxy.probe(threeMachines, node1)).toMatchObject({
      argv: [...aliveArgv("192.168.1.101"), "--show-error"],
      mutates: false,
    });
    expect(aliveArgv("192.168.1.101").at(-1)).toBe("http://192.168.1.101:8404/alive");
  });
});
