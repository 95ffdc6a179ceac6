import { describe, expect, it } from "@jest/globals";
import { cacheRules } from "../../../../src/toolkit/status/rules/cache.ts";
import type { ClusterStatus } from "../../../../src/toolkit/status/cluster-status.ts";
import { found, inShort, machineOf, serverOf, takeAway } from "../whole.ts";

const redis = (status: ClusterStatus, name: string) => machineOf(status, name).evidence.redis!;
const sentinel = (status: ClusterStatus, name: string) => machineOf(status, name).evidence.sentinel!;
const rulesOf = (spoil: (status: ClusterStatus) => void) =>
  found(cacheRules, spoil).map(({ rule, severity }) => `${rule} ${severity}`);

describe("the rules about the cache", () => {
  it("find nothing where one is master, two follow and all Sentinels agree", () => {
    expect(found(cacheRules)).toEqual([]);
  });

  it("name two masters, and tell one that just came back from a split", () => {
    const two = (freshReplicas: number) =>
      found(cacheRules, (status) => {
        Object.assign(redis(status, "node-3"), { role: "master", freshReplicas });
        delete redis(status, "node-3").master;
      });
    expect(two(0)[0]!.finding).toBe("node-1 and node-3 call themselves Redis master at once");
    expect(two(0)[0]!.cause).toMatch("came back a moment ago");
    expect(two(1)[0]!.cause).toMatch("split");
  });

  it("say that nobody is master, and whether one may be where nobody answers", () => {
    const follow = (status: ClusterStatus) => {
      Object.assign(redis(status, "node-1"), {
        role: "replica",
        master: { address: "192.168.1.103", isLinked: true, isSyncing: false },
      });
    };
    expect(rulesOf(follow)).toEqual(["cache-no-master critical"]);
    expect(
      rulesOf((status) => {
        takeAway(status, "node-1");
        for (const name of ["node-2", "node-3"]) sentinel(status, name).otherSentinels = 2;
      }),
    ).toEqual(["cache-no-master warning"]);
  });

  it("name a replica without a link, one that is given a copy, and one that lags", () => {
    expect(rulesOf((status) => void (redis(status, "node-2").master!.isLinked = false))).toEqual([
      "cache-replica-off warning",
    ]);
    expect(
      inShort(found(cacheRules, (status) => void (redis(status, "node-2").master!.isSyncing = true))),
    ).toEqual(["warning: Redis on node-2 is being given a whole copy by node-1 -> wait; it ends by itself"]);
    expect(
      found(cacheRules, (status) => void (redis(status, "node-1").replicas[1]!.behind = 3 * 1024 ** 2))[0],
    ).toMatchObject({ finding: "Redis on node-3 is 3.0 MiB behind its master", machines: ["node-3"] });
  });

  it("show whom each Sentinel names when they do not agree", () => {
    const findings = found(cacheRules, (status) => {
      sentinel(status, "node-3").master = "192.168.1.102";
    });
    expect(findings[0]!.finding).toBe(
      "the Sentinels do not agree on the master: the Sentinel of node-1 names node-1 (master), the Sentinel of node-2 names node-1 (master), the Sentinel of node-3 names node-2 (master)",
    );
  });

  it("know Sentinels that each follow the Redis beside them", () => {
    const findings = found(cacheRules, (status) => {
      for (const { address, evidence } of status.machines) evidence.sentinel!.master = address;
    });
    expect(findings[0]!.cause).toBe(
      "several name the Redis beside them: they lost their files, or started without the others",
    );
  });

  it("name Sentinels that agree on a master which Redis is not", () => {
    expect(
      rulesOf((status) => {
        for (const { evidence } of status.machines) evidence.sentinel!.master = "192.168.1.102";
      }),
    ).toEqual(["sentinels-wrong critical"]);
  });

  it("quote a Sentinel that could not fail over", () => {
    const findings = found(cacheRules, (status) => {
      Object.assign(sentinel(status, "node-1"), {
        hasQuorum: false,
        said: "NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this master.",
      });
    });
    expect(findings[0]!.finding).toMatch(/^the Sentinel of node-1 could not fail over: NOQUORUM 1 usable/);
  });

  it("name Sentinels that count wrongly, in both directions, and a wrong quorum", () => {
    expect(rulesOf((status) => void (sentinel(status, "node-2").otherSentinels = 4))).toEqual([
      "sentinel-count warning",
    ]);
    expect(rulesOf((status) => void (sentinel(status, "node-2").otherSentinels = 1))).toEqual([
      "sentinel-count warning",
    ]);
    expect(inShort(found(cacheRules, (status) => void (sentinel(status, "node-2").quorum = 1)))).toEqual([
      "warning: the Sentinel of node-2 takes a quorum of 1, and it should be 2 -> mbctl apply",
    ]);
  });

  it("name two Sentinels with one id", () => {
    expect(rulesOf((status) => void (sentinel(status, "node-2").id = sentinel(status, "node-3").id))).toEqual(
      ["sentinel-twins critical"],
    );
  });

  it("name a balancer that sends to another one than the master", () => {
    const findings = found(cacheRules, (status) => {
      Object.assign(serverOf(status, "node-2", "cache", "node-1"), { isUp: false, status: "DOWN" });
      Object.assign(serverOf(status, "node-2", "cache", "node-3"), { isUp: true, status: "UP" });
    });
    expect(findings[0]!.finding).toBe(
      "HAProxy on node-2 sends the cache's sessions to node-3, and node-1 is the master",
    );
  });

  it("name a Redis whose log does not reach the disk", () => {
    expect(rulesOf((status) => void (redis(status, "node-1").isPersisting = false))).toEqual([
      "cache-not-persisting critical",
    ]);
  });
});
