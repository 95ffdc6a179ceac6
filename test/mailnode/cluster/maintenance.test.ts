import { describe, expect, it } from "@jest/globals";
import { Affinity } from "../../../src/mailnode/cluster/affinity.ts";
import { Audit } from "../../../src/mailnode/cluster/audit.ts";
import { Maintenance, type SessionGate } from "../../../src/mailnode/cluster/maintenance.ts";
import { NAMES, replicas, type Replicas } from "./replicas.ts";

class Sessions implements SessionGate {
  open_ = 0;
  closed = false;
  ended = 0;

  count(): number {
    return this.open_;
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.closed = false;
  }

  async endAll(): Promise<void> {
    this.ended += this.open_;
    this.open_ = 0;
  }
}

function world(): Replicas & {
  readonly gate: (name: string) => Sessions;
  readonly of: (name: string) => Maintenance;
  readonly stop: () => Promise<void>;
  readonly restart: (name: string) => void;
} {
  const made = replicas();
  const stop = new AbortController();
  const gates = new Map(NAMES.map((name) => [name as string, new Sessions()]));
  const serving = (): string[] =>
    NAMES.filter((name) => !made.replica("node-1").machine.maintenances.get(name));
  const running: Promise<void>[] = [];
  const nodes = new Map<string, Maintenance>();
  const restart = (name: string): void => {
    const node = new Maintenance(made.replica(name), gates.get(name)!, made.env(name), serving);
    nodes.set(name, node);
    running.push(node.run(stop.signal));
  };
  NAMES.forEach(restart);
  return {
    ...made,
    gate: (name) => gates.get(name)!,
    of: (name) => nodes.get(name)!,
    restart,
    stop: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

const options = { drainTimeoutMs: 5000, graceful: true, migrateSessions: true };

describe("maintenance", () => {
  it("closes the node's doors, waits for its sessions, and is reached when the last one has ended", async () => {
    const { time, of, gate, stop } = world();
    gate("node-2").open_ = 3;
    await time.until(of("node-1").enter("node-2", options, "ann"));
    await time.pass(1000);
    expect(gate("node-2").closed).toBe(true);
    expect(gate("node-1").closed).toBe(false);
    expect(of("node-2").isInMaintenance).toBe(true);
    expect(of("node-3").of("node-2")).toMatchObject({ phase: "draining", by: "ann" });
    gate("node-2").open_ = 0;
    await time.pass(500);
    expect(of("node-3").of("node-2")).toMatchObject({ phase: "maintenance", left: 0 });
    expect(gate("node-2").ended).toBe(0);
    await stop();
  });

  it("ends what is still open when the drain time is over, and says how many those were", async () => {
    const { time, of, gate, stop } = world();
    gate("node-2").open_ = 3;
    await time.until(of("node-1").enter("node-2", options));
    await time.pass(4500);
    expect(gate("node-2").ended).toBe(0);
    await time.pass(1000);
    expect(gate("node-2").ended).toBe(3);
    expect(of("node-1").of("node-2")).toMatchObject({ phase: "maintenance", left: 3 });
    await stop();
  });

  it("does not wait when it is not to be graceful", async () => {
    const { time, of, gate, stop } = world();
    gate("node-2").open_ = 2;
    await time.until(of("node-1").enter("node-2", { ...options, graceful: false }));
    await time.pass(200);
    expect(gate("node-2").ended).toBe(2);
    expect(of("node-1").of("node-2")?.phase).toBe("maintenance");
    await stop();
  });

  it("hands leadership to a node that serves before anything else", async () => {
    const { time, cluster, of, stop } = world();
    await time.until(of("node-2").enter("node-2", options));
    await time.until(of("node-1").enter("node-1", options));
    await time.pass(1000);
    expect(cluster.leaderId).toBe("node-3");
    await stop();
  });

  it("hands the clients of the node over, or leaves them bound, as it is told", async () => {
    for (const migrateSessions of [true, false]) {
      const { time, replica, of, stop } = world();
      const affinity = new Affinity(replica("node-1"), () => ["node-2"]);
      for (let host = 0; host < 20; host++)
        await time.until(affinity.route({ clientAddress: `192.0.2.${host}` }));
      await time.until(of("node-1").enter("node-2", { ...options, migrateSessions }));
      await time.pass(1000);
      const nodes = replica("node-1")
        .machine.bindings.list()
        .map(([, { node }]) => node);
      expect(nodes.filter((node) => node === "node-2")).toHaveLength(migrateSessions ? 0 : 20);
      expect(new Set(nodes).size).toBe(migrateSessions ? 2 : 1);
      await stop();
    }
  });

  it("ends by taking the mark away, also in the middle of a drain", async () => {
    const { time, of, gate, stop } = world();
    gate("node-2").open_ = 3;
    await time.until(of("node-1").enter("node-2", options));
    await time.pass(1000);
    await time.until(of("node-3").exit("node-2"));
    await time.pass(10_000);
    expect(gate("node-2").closed).toBe(false);
    expect(gate("node-2").ended).toBe(0);
    expect(of("node-2").isInMaintenance).toBe(false);
    await stop();
  });

  it("ends no session when the mark went while leadership was handed over", async () => {
    const { time, cluster, of, gate, stop } = world();
    // The log in memory hands leadership over at once, and a real one may take as long as an election.
    const handing = Promise.withResolvers<void>();
    cluster.node("node-1").transferLeadership = () => handing.promise;
    gate("node-1").open_ = 3;
    await time.until(of("node-2").enter("node-1", { ...options, graceful: false }));
    await time.pass(200);
    await time.until(of("node-2").exit("node-1"));
    await time.pass(200);
    handing.resolve();
    await time.pass(1000);
    expect(gate("node-1").ended).toBe(0);
    await stop();
  });

  it("is followed by a node that was cut off when the mark was set, and by one that is started again", async () => {
    const { time, cluster, of, gate, stop, restart } = world();
    cluster.cut("node-2");
    await time.until(of("node-1").enter("node-2", options));
    await time.pass(500);
    expect(gate("node-2").closed).toBe(false);
    cluster.heal("node-2");
    await time.pass(500);
    expect(gate("node-2").closed).toBe(true);
    gate("node-2").closed = false;
    restart("node-2");
    expect(gate("node-2").closed).toBe(true);
    await stop();
  });

  it("cannot be entered twice or left without having been entered; the audit log says who tried", async () => {
    const { time, replica, of, stop } = world();
    const codes = [];
    await time.until(of("node-1").enter("node-2", options, "ann"));
    for (const attempt of [
      () => of("node-1").enter("node-2", options, "bob"),
      () => of("node-1").exit("node-3", "bob"),
    ])
      codes.push(
        await time.until(attempt().catch((error: { refusal: { code: string } }) => error.refusal.code)),
      );
    expect(codes).toEqual(["IN_MAINTENANCE", "NOT_FOUND"]);
    const audit = new Audit(replica("node-1"));
    await time.until(audit.record("leadership.transfer", "node-3", "bob"));
    await time.pass(20);
    expect(
      audit.list({ actor: "bob" }).map(({ action, target, outcome }) => [action, target, outcome]),
    ).toEqual([
      ["maintenance.enter", "node-2", "IN_MAINTENANCE"],
      ["maintenance.exit", "node-3", "NOT_FOUND"],
      ["leadership.transfer", "node-3", "done"],
    ]);
    expect(audit.list({ action: "maintenance.enter" })).toHaveLength(2);
    expect(audit.list({ after: audit.list().at(-1)!.index })).toEqual([]);
    await stop();
  });
});
