import { describe, expect, it } from "@jest/globals";
import { packagesOf } from "../../../src/toolkit/containers/packages.ts";
import { threeMachines } from "../fixtures/three-machines.ts";

describe("packagesOf", () => {
  it("is what every service of every machine asks for, sorted and each once", () => {
    const packages = packagesOf(threeMachines);
    for (const name of [
      "haproxy",
      "keepalived",
      "mariadb-server",
      "redis-server",
      "glusterfs-server",
      "nftables",
    ]) {
      expect(packages).toContain(name);
    }
    expect(packages).toEqual([...new Set(packages)].toSorted());
  });

  it("names what holds the server of the database and the daemons of the storage, which nothing else keeps at its version", () => {
    const packages = packagesOf(threeMachines);
    for (const name of ["mariadb-server-core", "glusterfs-common", "libglusterfs0", "libglusterd0"]) {
      expect(packages).toContain(name);
    }
  });

  it("leaves out what no machine of the cluster runs", () => {
    const [first] = threeMachines.machines;
    const cacheAlone = { ...threeMachines, machines: [{ ...first!, roles: ["cache" as const] }] };
    expect(packagesOf(cacheAlone)).toContain("redis-server");
    expect(packagesOf(cacheAlone)).not.toContain("haproxy");
  });
});
