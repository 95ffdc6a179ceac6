import { describe, expect, it } from "@jest/globals";
import { mailRules } from "../../../../src/toolkit/status/rules/mail.ts";
import type { ClusterStatus } from "../../../../src/toolkit/status/cluster-status.ts";
import { drain, found, inShort, machineOf } from "../whole.ts";

const node = (status: ClusterStatus, name: string) => machineOf(status, name).evidence.mailnode!;

describe("the rules about mail nodes", () => {
  it("find nothing where all take mail and nothing waits", () => {
    expect(found(mailRules)).toEqual([]);
  });

  it("name what a node lacks that takes mail all the same", () => {
    const findings = found(mailRules, (status) => {
      Object.assign(node(status, "node-2"), { isHealthy: false, failures: ["database: ECONNREFUSED"] });
    });
    expect(inShort(findings)).toEqual([
      "warning: the mail node on node-2 takes mail and lacks something: database: ECONNREFUSED -> mbctl doctor, which says why",
    ]);
  });

  it("name a node that drains without a mark, and not one that has it", () => {
    const draining = (isMarked: boolean) =>
      found(mailRules, (status) => {
        Object.assign(node(status, "node-2"), {
          isReady: false,
          isHealthy: false,
          isDraining: true,
          failures: ["smtp: draining"],
        });
        if (isMarked) drain(status, "node-2");
      }).map(({ rule }) => rule);
    expect(draining(false)).toEqual(["node-drains-unmarked"]);
    expect(draining(true)).toEqual([]);
  });

  it("leave a node that its cluster has taken out to the rules about that", () => {
    const findings = found(mailRules, (status) => {
      const taken = node(status, "node-2");
      Object.assign(taken, {
        isReady: false,
        isHealthy: false,
        isDraining: true,
        failures: ["smtp: draining"],
      });
      taken.cluster!.state = "maintenance";
    });
    expect(findings).toEqual([]);
  });

  it("name a node that still runs the release of before, and nodes that differ", () => {
    const findings = found(mailRules, (status) => {
      node(status, "node-2").current = "0.2.0-bbbb";
      Object.assign(node(status, "node-3"), { current: "0.2.0-bbbb", running: "0.2.0-bbbb" });
    });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["node-old-release", "warning"],
      ["releases-differ", "note"],
    ]);
  });

  it.each([
    [{ messages: 3, old: 1, recent: 0, oldestSeconds: 4_000 }, "note"],
    [{ messages: 3, old: 3, recent: 0, oldestSeconds: 20_000 }, "warning"],
    [{ messages: 300, old: 1, recent: 40, oldestSeconds: 4_000 }, "warning"],
  ] as const)("take a queue of %j for a %s", (queue, severity) => {
    const findings = found(mailRules, (status) => {
      Object.assign(node(status, "node-1").queue, queue);
    });
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([["queue-old", severity]]);
    expect(findings[0]!.cause).toBe("mx.internal:25 does not take them");
  });

  it("keep quiet of a queue whose oldest message is young", () => {
    const findings = found(mailRules, (status) => {
      Object.assign(node(status, "node-1").queue, { messages: 5_000, recent: 5_000, oldestSeconds: 300 });
    });
    expect(findings).toEqual([]);
  });

  it("note messages that could be neither delivered nor returned", () => {
    expect(found(mailRules, (status) => void (node(status, "node-1").queue.failed = 2))[0]!.rule).toBe(
      "queue-failed",
    );
  });
});
