import { describe, expect, it } from "@jest/globals";
import { addressedPath } from "../../../src/toolkit/bundle/addressed-path.ts";
import { buildBundle } from "../../../src/toolkit/bundle/build.ts";
import { shortHash } from "../../../src/support/hash.ts";
import type { Listener } from "../../../src/toolkit/services/service.ts";
import { toyFile, toyService } from "../fixtures/toy-service.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

const machine = threeMachines.machines[0]!;

const listener = (on: Listener["on"], port = 25): Listener => ({
  port,
  protocol: "tcp",
  on,
  from: "anyone",
  program: "x",
});

describe("the bundle of a machine", () => {
  it("refuses two owners of one path", () => {
    const services = [
      toyService("a", { files: () => [toyFile("/etc/x", "1")] }),
      toyService("b", { files: () => [toyFile("/etc/x", "2")] }),
    ];
    expect(() => buildBundle(threeMachines, machine, { services })).toThrow(
      "node-1:/etc/x: is owned by a and by b",
    );
  });

  it("refuses two services on one port of one address", () => {
    const services = [
      toyService("a", { listens: [listener("machine")] }),
      toyService("b", { listens: [listener("machine")] }),
    ];
    expect(() => buildBundle(threeMachines, machine, { services })).toThrow(
      "node-1:25/tcp: is bound by a and by b",
    );
    const everywhere = [
      toyService("a", { listens: [listener("vip")] }),
      toyService("b", { listens: [listener("all")] }),
    ];
    expect(() => buildBundle(threeMachines, machine, { services: everywhere })).toThrow(
      "is bound by a and by b",
    );
  });

  it("lets the balancer have the port of the VIP that a service has on the machine's own address", () => {
    const services = [
      toyService("a", { listens: [listener("vip")] }),
      toyService("b", { listens: [listener("machine")] }),
    ];
    expect(buildBundle(threeMachines, machine, { services }).files).toEqual([]);
  });

  it("puts a file that another one names under its hash, and tells the other", () => {
    const services = [
      toyService("a", {
        files: (context) => [
          toyFile("/etc/a.cfg", `crt ${context.addressed("/etc/certs/a.pem")}`),
          toyFile("/etc/certs/a.pem", "PEM", { addressed: true }),
        ],
      }),
    ];
    const { files } = buildBundle(threeMachines, machine, { services });
    expect(files.map(({ path }) => path)).toEqual(["/etc/a.cfg", `/etc/certs/a-${shortHash("PEM")}.pem`]);
    expect(files[0]!.content).toBe(`crt /etc/certs/a-${shortHash("PEM")}.pem`);
  });

  it("changes its hash when a secret has a new version, though it never holds the secret", () => {
    const services = [
      toyService("a", { files: (context) => [toyFile("/etc/a.cfg", context.secret("a/password"))] }),
    ];
    const [first, second] = ["1", "2"].map((version) =>
      buildBundle(threeMachines, machine, { services, versionOf: () => version }),
    );
    expect(first!.files[0]!.content).toBe("@@secret:a/password:1@@");
    expect(first!.hash).not.toBe(second!.hash);
  });

  it("changes its hash when only a mode or an owner changes", () => {
    const hashes = [
      toyFile("/etc/a", "x"),
      toyFile("/etc/a", "x", { mode: "0600" }),
      toyFile("/etc/a", "x", { group: "adm" }),
    ].map(
      (one) =>
        buildBundle(threeMachines, machine, { services: [toyService("a", { files: () => [one] })] }).hash,
    );
    expect(new Set(hashes).size).toBe(3);
  });
});

describe("the hash of a bundle", () => {
  it("changes with a package, an account or a unit, though no file does", () => {
    const parts = [
      {},
      { packages: ["x"] },
      { users: ["x"] },
      { units: [{ name: "x", state: "running", enabled: true } as const] },
    ];
    const hashes = parts.map(
      (part) => buildBundle(threeMachines, machine, { services: [toyService("a", part)] }).hash,
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe("a content-addressed path", () => {
  it("has the hash before the ending, or last where there is none", () => {
    expect(addressedPath("/etc/x.d/public.pem", "0123")).toBe("/etc/x.d/public-0123.pem");
    expect(addressedPath("/etc/x.d/public", "0123")).toBe("/etc/x.d/public-0123");
    expect(addressedPath("/etc/.hidden", "0123")).toBe("/etc/.hidden-0123");
  });
});
