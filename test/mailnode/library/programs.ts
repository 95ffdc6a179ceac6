import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { joinCluster, type Cluster, type JoinOptions } from "../../../src/mailnode/library/index.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

/** Programs that are one cluster on loopback, in this process or in their own: real sockets, TLS, threads and disks. */
export class TestPrograms {
  readonly #folder: string;
  readonly #options: ReadonlyMap<string, JoinOptions>;
  readonly #joined: Cluster[] = [];
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string, options: ReadonlyMap<string, JoinOptions>) {
    this.#folder = folder;
    this.#options = options;
  }

  static async make(...nodes: string[]): Promise<TestPrograms> {
    const folder = await mkdtemp(join(tmpdir(), "programs-"));
    const authority = await TestAuthority.make();
    const ports = await freePorts(2 * nodes.length);
    const seeds = nodes.map((_, index) => `127.0.0.1:${ports[2 * index]}`);
    const options = new Map<string, JoinOptions>();
    for (const [index, nodeId] of nodes.entries()) {
      const identity = await authority.identity(nodeId);
      const security = {
        pem: join(folder, `${nodeId}.pem`),
        authority: join(folder, "authority"),
        gossipKeys: join(folder, "keys"),
      };
      await writeFile(security.pem, `${identity.key.reveal()}\n${identity.certificate}`);
      await writeFile(security.authority, identity.authority);
      await writeFile(security.gossipKeys, Buffer.alloc(32, 3).toString("base64"));
      options.set(nodeId, {
        nodeId,
        founders: nodes,
        directory: join(folder, nodeId),
        security,
        clusterPort: ports[2 * index]!,
        logPort: ports[2 * index + 1]!,
        seeds,
        heartbeatIntervalMs: 50,
        electionTimeoutMs: 500,
        failureDetectionTimeoutMs: 2_000,
      });
    }
    return new TestPrograms(folder, options);
  }

  /** In this process. */
  async join(node: string, changes: Partial<JoinOptions> = {}): Promise<Cluster> {
    const cluster = await joinCluster({ ...this.#options.get(node)!, ...changes });
    this.#joined.push(cluster);
    return cluster;
  }

  /** In a process of its own, which can be killed. */
  spawn(node: string, changes: Partial<JoinOptions> = {}): ChildProcess {
    const options = JSON.stringify({ ...this.#options.get(node)!, ...changes });
    const child = fork(PROGRAM, [options], { execArgv: ["--no-warnings"], stdio: "inherit" });
    this.#children.push(child);
    return child;
  }

  async end(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(this.#joined.map((cluster) => cluster.leave()));
    await rm(this.#folder, { recursive: true });
  }
}
