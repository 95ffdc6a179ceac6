import { afterAll, describe, expect, it } from "@jest/globals";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterPart } from "../../../../src/contract/cluster-status.ts";
import { healthOf, type Health } from "../../../../src/contract/health.ts";
import { mailNodeEvidence } from "../../../../src/toolkit/services/mailnode/evidence.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { clusterPart } from "./a-cluster.ts";
import { runWith } from "../shell.ts";

const ok = { status: "ok" } as const;
const healthy = healthOf("node-1", "0.1.0", {
  database: ok,
  services: { smtp: ok, queue: ok, delivery: ok },
});
const folder = mkdtempSync(join(tmpdir(), "mailbastion-evidence-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine's tree in a folder: its release, its queue with messages of these ages in seconds, and a node that says this. */
function look(name: string, health: Health | undefined, ages: readonly number[] = [], failed = 0) {
  const home = join(folder, name);
  for (const path of ["releases/0.1.0-aaaa", "queue/queue", "queue/failed"])
    mkdirSync(join(home, path), { recursive: true });
  symlinkSync("releases/0.1.0-aaaa", join(home, "current"));
  writeFileSync(join(home, "running"), "0.1.0-aaaa\n");
  ages.forEach((age, index) => {
    const path = join(home, "queue/queue", `message-${index}`);
    const at = Date.now() / 1000 - age;
    writeFileSync(path, "{}\n");
    utimesSync(path, at, at);
    writeFileSync(`${path}.state`, "{}");
  });
  for (let index = 0; index < failed; index++) writeFileSync(join(home, "queue/failed", `m${index}`), "");
  const program = join(home, "mbnode");
  writeFileSync(
    program,
    health
      ? `#!/bin/sh\necho '${JSON.stringify(health)}'\nexit ${health.status === "healthy" ? 0 : 1}\n`
      : "#!/bin/sh\necho 'mbnode: connect ECONNREFUSED' >&2\nexit 1\n",
  );
  chmodSync(program, 0o755);
  const [shell, option, text, zero] = mailNodeEvidence.command(
    threeMachines,
    threeMachines.machines[0]!,
  ).argv;
  const args = [program, join(home, "running"), join(home, "current"), join(home, "queue")];
  return mailNodeEvidence.parse(runWith([shell!, option!, text!, zero!, ...args], {}));
}

describe("what a mail node says of itself", () => {
  it("is its release, its health, and an empty queue", () => {
    expect(look("well", healthy)).toEqual({
      running: "0.1.0-aaaa",
      current: "0.1.0-aaaa",
      version: "0.1.0",
      isReady: true,
      isDraining: false,
      isHealthy: true,
      failures: [],
      queue: { messages: 0, old: 0, recent: 0, oldestSeconds: 0, failed: 0 },
    });
  });

  it("counts messages by their age, and not their states", () => {
    const { queue } = look("queued", healthy, [10, 100, 4_000, 8_000], 2)!;
    expect(queue).toMatchObject({ messages: 4, old: 2, recent: 2, failed: 2 });
    expect(queue.oldestSeconds).toBeGreaterThanOrEqual(7_999);
  });

  it("tells what a node lacks that takes mail from one that takes none", () => {
    const refused = { status: "failed", reason: "ECONNREFUSED" } as const;
    const lacking = healthOf("node-1", "0.1.0", {
      database: refused,
      services: { smtp: ok, queue: ok, delivery: ok },
    });
    expect(look("lacking", lacking)).toMatchObject({
      isReady: true,
      isHealthy: false,
      failures: ["database: ECONNREFUSED"],
    });
    const draining = healthOf("node-1", "0.1.0", {
      services: { smtp: { status: "failed", reason: "draining" }, queue: ok, delivery: ok },
    });
    expect(look("draining", draining)).toMatchObject({ isReady: false, isDraining: true });
  });

  it("is what the node says of its cluster, and nothing of it where that cannot be understood", () => {
    const cluster = clusterPart("node-1", { lag: 3 });
    expect(look("clustered", { ...healthy, cluster })!.cluster).toEqual(cluster);
    const strange = { ...cluster, term: "four" } as unknown as ClusterPart;
    const found = look("strange", { ...healthy, cluster: strange })!;
    expect(found.isHealthy).toBe(true);
    expect(found.cluster).toBeUndefined();
  });

  it("is of a node that does not answer its queue all the same", () => {
    expect(look("silent", undefined, [50])).toMatchObject({
      isReady: false,
      failures: ["the node does not answer"],
      queue: { messages: 1 },
    });
  });
});
