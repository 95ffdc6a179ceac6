import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { redisFiles } from "../../../../src/toolkit/services/redis/files.ts";
import { redis } from "../../../../src/toolkit/services/redis/service.ts";
import { SENTINEL_TIMES } from "../../../../src/toolkit/services/sentinel/settings.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { fileOf as fileOfService, rendered, settingsOf } from "../rendered.ts";
import { sampleContext } from "../sample-context.ts";

const fileOf = (index: number, topology = threeMachines) =>
  redisFiles(sampleContext(topology, topology.machines[index]!))[0]!;
const linesOf = (index: number, topology = threeMachines) =>
  render(fileOf(index, topology).content, "mailbastion: a test").split("\n");

describe("redis.conf", () => {
  it("is written once and then belongs to the daemon", () => {
    expect(fileOf(0)).toMatchObject({ seedOnly: true, owner: "redis", group: "redis", mode: "0640" });
    expect(linesOf(0)[0]).toBe("# mailbastion: a test");
  });

  it("makes the others follow the first machine at first", () => {
    expect(linesOf(0).some((line) => line.startsWith("replicaof"))).toBe(false);
    for (const index of [1, 2]) expect(linesOf(index)).toContain("replicaof 192.168.1.101 6379");
  });

  it("has the same password for clients and for following on every machine, as each may become the master", () => {
    for (const index of [0, 1, 2]) {
      expect(linesOf(index)).toEqual(
        expect.arrayContaining([
          "requirepass @@secret:cache/password:1@@",
          "masterauth @@secret:cache/password:1@@",
        ]),
      );
    }
  });

  it("binds the machine's own address and loopback", () => {
    expect(linesOf(1)).toEqual(
      expect.arrayContaining(["bind 192.168.1.102 127.0.0.1", "protected-mode yes"]),
    );
  });

  it("stops a master without a fresh replica sooner than the others choose a new one", () => {
    expect(linesOf(0)).toEqual(expect.arrayContaining(["min-replicas-to-write 1", "min-replicas-max-lag 2"]));
    expect(threeMachines.cache.downAfterMs).toBeGreaterThan(2000);
  });

  it("with five caches lets no master write that has less than a majority of them", () => {
    const machines = ["1", "2", "3", "4", "5"].map((digit) => ({
      ...threeMachines.machines[0]!,
      name: `node-${digit}`,
      address: `192.168.1.10${digit}`,
    }));
    expect(linesOf(0, { ...threeMachines, machines })).toContain("min-replicas-to-write 2");
  });

  it("lets a single cache write alone", () => {
    const machines = [threeMachines.machines[0]!];
    expect(linesOf(0, { ...threeMachines, machines })).toContain("min-replicas-to-write 0");
  });
});

describe("redis.conf beside a witness", () => {
  it("lets the cache that is left take writes, and with three caches a master that was cut off none", () => {
    expect(linesOf(0, twoAndAWitness)).toContain("min-replicas-to-write 0");
    expect(linesOf(0)).toContain("min-replicas-to-write 1");
  });
});

describe("the unit of Redis", () => {
  const dropIn = rendered(redis, threeMachines, "node-3", "/redis-server.service.d/mailbastion.conf");

  it("goes on trying, when the machine's addresses are there, and does not wait for the storage daemon", () => {
    expect(settingsOf(dropIn)).toEqual(
      expect.arrayContaining(["StartLimitIntervalSec=0", "Wants=network-online.target"]),
    );
    const [, after] = /^After=(.*)$/m.exec(dropIn)!;
    expect(after).toContain("systemd-networkd-wait-online.service");
    // Debian's glusterd.service says Before=network-online.target.
    expect(after).not.toContain("network-online.target");
  });

  it("is not ended while it loads, and comes back from a crash well before it may be held for dead", () => {
    expect(settingsOf(dropIn)).toContain("TimeoutStartSec=infinity");
    const [, pause] = /^RestartSec=(\d+)ms$/m.exec(dropIn)!;
    // A Sentinel connects again every ping period. The least downAfter that a description may have is 1.5 s.
    expect(Number(pause) + Number(SENTINEL_TIMES["ping-period"])).toBeLessThan(1000);
  });

  it("is not restarted because it changed", () => {
    const file = fileOfService(redis, threeMachines, "node-3", "/redis-server.service.d/mailbastion.conf");
    expect(file.action).toEqual({ kind: "none" });
  });
});
