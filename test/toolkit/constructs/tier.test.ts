import { describe, expect, it } from "@jest/globals";
import {
  CacheTier,
  DatabaseTier,
  LoadBalancerTier,
  Machines,
  MailTier,
  StorageTier,
  Tier,
} from "../../../src/toolkit/constructs/index.ts";
import { defineCluster } from "../../../src/toolkit/spec/parse.ts";
import { example, synthesise } from "./synth.ts";

/** Every tier on machines of its own, made by Docker. */
const separate = {
  ...example("separate-tiers.yaml"),
  platform: { kind: "docker", endpoint: "ssh://root@10.0.0.5" },
} as const;

describe("a tier alone", () => {
  it.each([
    [LoadBalancerTier, ["lb-1", "lb-2"]],
    [MailTier, ["mb-1", "mb-2", "mb-3"]],
    [DatabaseTier, ["db-1", "db-2", "db-3"]],
    [CacheTier, ["redis-1", "redis-2", "redis-3"]],
    [StorageTier, ["store-1", "store-2", "store-3"]],
  ] as const)("%p makes the machines that hold its role and no other", (TierClass, names) => {
    let members: readonly string[] = [];
    const stack = synthesise((scope) => {
      const tier = new TierClass(scope, "tier", {
        machines: new Machines(scope, "machines", { cluster: separate }),
      });
      members = tier.members.map((machine) => machine.name);
      expect(Tier.isTier(tier)).toBe(true);
    });
    expect(members).toEqual(names);
    expect(Object.keys(stack.resource["docker_container"]!)).toEqual(names);
    expect(stack.provider!["docker"]![0]!["host"]).toBe("ssh://root@10.0.0.5");
  });

  it.each([
    [LoadBalancerTier, ["node-1", "node-2"]],
    [MailTier, ["node-1", "node-2", "node-3"]],
    [DatabaseTier, ["node-1", "node-2", "node-3"]],
    [CacheTier, ["node-1", "node-2", "node-3"]],
    [StorageTier, ["node-1", "node-2", "node-3"]],
  ] as const)(
    "%p makes the witness where that votes in it, and counts it to no members",
    (TierClass, names) => {
      let members: readonly string[] = [];
      const stack = synthesise((scope) => {
        const machines = new Machines(scope, "machines", { cluster: example("two-and-a-witness.yaml") });
        members = new TierClass(scope, "tier", { machines }).members.map(({ name }) => name);
        expect(machines.required.map(({ name }) => name)).toEqual(names);
      });
      expect(members).toEqual(["node-1", "node-2"]);
      expect(Object.keys(stack.resource["docker_container"]!)).toEqual(names);
    },
  );

  it("leads to what the witness runs as well: a Sentinel and a brick, no database and no mail", () => {
    synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("two-and-a-witness.yaml") });
      const [first, second, witness] = ["192.168.1.101", "192.168.1.102", "192.168.1.103"];
      expect(new CacheTier(scope, "cache", { machines }).sentinels).toEqual([
        `${first}:26379`,
        `${second}:26379`,
        `${witness}:26379`,
      ]);
      expect(new StorageTier(scope, "storage", { machines })).toMatchObject({
        source: `${first}:/quarantine`,
        servers: [first, second, witness],
      });
      expect(new DatabaseTier(scope, "database", { machines }).nodes).toEqual([
        `${first}:3306`,
        `${second}:3306`,
      ]);
      expect(new MailTier(scope, "mail", { machines }).nodes).toEqual([`${first}:25`, `${second}:25`]);
    });
  });

  it("shares machines with the other tiers of its stack", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("three-machines.yaml") });
      new LoadBalancerTier(scope, "load-balancer", { machines });
      new DatabaseTier(scope, "database", { machines });
    });
    expect(Object.keys(stack.resource["docker_container"]!)).toEqual(["node-1", "node-2", "node-3"]);
  });

  it("says where others find it", () => {
    synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: separate });
      expect(new LoadBalancerTier(scope, "load-balancer", { machines })).toMatchObject({
        vip: "192.168.1.100",
        smtp: "192.168.1.100:25",
        submission: "192.168.1.100:587",
        submissions: "192.168.1.100:465",
        console: "https://192.168.1.100:443",
      });
      expect(new MailTier(scope, "mail", { machines }).nodes).toEqual([
        "192.168.1.101:25",
        "192.168.1.102:25",
        "192.168.1.103:25",
      ]);
      expect(new DatabaseTier(scope, "database", { machines })).toMatchObject({
        writer: "192.168.1.100:3306",
        nodes: ["192.168.1.111:3306", "192.168.1.112:3306", "192.168.1.113:3306"],
      });
      expect(new CacheTier(scope, "cache", { machines })).toMatchObject({
        master: "192.168.1.100:6379",
        masterName: "mailbastion",
        sentinels: ["192.168.1.121:26379", "192.168.1.122:26379", "192.168.1.123:26379"],
      });
      expect(new StorageTier(scope, "storage", { machines })).toMatchObject({
        source: "192.168.1.130:/held",
        servers: ["192.168.1.130", "192.168.1.131", "192.168.1.132"],
        mountPath: "/srv/quarantine",
      });
    });
  });

  it("puts what clients need into the outputs of the stack", () => {
    const stack = synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: separate });
      new LoadBalancerTier(scope, "load-balancer", { machines });
      new DatabaseTier(scope, "database", { machines });
    });
    expect(
      Object.values(stack.output!)
        .map(({ value }) => value)
        .toSorted(),
    ).toEqual([
      "192.168.1.100",
      "192.168.1.100:25",
      "192.168.1.100:3306",
      "192.168.1.100:465",
      "192.168.1.100:587",
      "https://192.168.1.100:443",
    ]);
  });

  it("reports that no machine holds its role, with what to do", () => {
    const cluster = { ...separate, machines: { "lb-1": separate.machines["lb-1"]! } };
    expect(() => defineCluster(cluster)).toThrow();
    expect(() =>
      synthesise(
        (scope) => new CacheTier(scope, "cache", { machines: new Machines(scope, "machines", { cluster }) }),
      ),
    ).toThrow(
      "no machine of cluster separate (lb-1) has the role cache; give it to one, or leave the tier out of the stack",
    );
  });
});
