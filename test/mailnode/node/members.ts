import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterMember } from "../../../src/mailnode/node/cluster-member.ts";
import type {
  ClusterMemberOptions,
  MemberConfig,
} from "../../../src/mailnode/node/cluster-member-options.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import type { ClusterState, NodeState } from "../../../src/contract/states.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { until } from "../fixtures/until.ts";
import { TestAuthority } from "../raft/shell/certificates.ts";

/** A service of which a test says how many sessions are open. */
export class TestService {
  sessions = 0;
  isOpen = true;
  drained = false;
  readonly maxSessions = 10;
  readonly maxPerPort = 8;
  readonly endpoints = ["127.0.0.1:25"];
  readonly gate = {
    count: () => this.sessions,
    close: () => void (this.isOpen = false),
    open: () => void (this.isOpen = true),
    endAll: async () => void (this.sessions = 0),
  };

  isDrained(): boolean {
    return this.drained;
  }
}

export interface TestMember {
  readonly node: string;
  readonly member: ClusterMember;
  readonly service: TestService;
  /** Lets the node's own check fail. */
  fails: boolean;
}

/** Real members on loopback with short times: real sockets, TLS, threads and disks. */
export class TestCluster {
  readonly home: string;
  readonly authority: TestAuthority;
  readonly founders: readonly string[];
  readonly members = new Map<string, TestMember>();
  readonly #ports = new Map<string, number>();

  static async make(...founders: string[]): Promise<TestCluster> {
    return new TestCluster(await mkdtemp(join(tmpdir(), "members-")), await TestAuthority.make(), founders);
  }

  private constructor(home: string, authority: TestAuthority, founders: readonly string[]) {
    this.home = home;
    this.authority = authority;
    this.founders = founders;
  }

  /** The gossip port of a node, the same over all its lives. */
  async port(node: string): Promise<number> {
    const port = this.#ports.get(node) ?? (await freePorts(1))[0]!;
    this.#ports.set(node, port);
    return port;
  }

  directory(node: string): string {
    return join(this.home, node, "raft");
  }

  /** Starts a node; it finds the others by their gossip ports. */
  async start(
    node: string,
    config: Partial<MemberConfig> = {},
    options: Partial<ClusterMemberOptions> = {},
  ): Promise<TestMember> {
    const files = await this.#files(node);
    const seeds = await Promise.all(this.founders.map(async (name) => `127.0.0.1:${await this.port(name)}`));
    const service = new TestService();
    const test: { fails: boolean } = { fails: false };
    const member = await ClusterMember.start({
      node,
      config: {
        name: "acme",
        founders: [...this.founders],
        witness: false,
        directory: this.directory(node),
        address: "127.0.0.1",
        gossip: { port: await this.port(node), keys: files.keys },
        raft: { port: 0, pem: files.pem, authority: files.authority },
        discovery: { method: "static", seeds },
        heartbeatMs: 30,
        electionMs: 300,
        failureDetectionMs: 1_000,
        weight: 1,
        ...config,
      },
      service,
      checks: {
        test: async () => {
          if (test.fails) throw new Error("told to");
        },
      },
      health: { intervalMs: 50, timeoutMs: 1_000, failures: 2, successes: 2 },
      env: systemEnv,
      log: quietLog,
      ...options,
    });
    const running = Object.assign(test, { node, member, service });
    this.members.set(node, running);
    return running;
  }

  /** Starts all founders at once and waits until the cluster is healthy as each of them sees it. */
  async found(): Promise<readonly TestMember[]> {
    const members = await Promise.all(this.founders.map((node) => this.start(node)));
    await until(() => members.every(({ member }) => member.part().status === "healthy"));
    return members;
  }

  get(node: string): TestMember {
    return this.members.get(node)!;
  }

  async stop(node: string): Promise<void> {
    await this.get(node).member.stop();
    this.members.delete(node);
  }

  /** Takes a stopped node's data away. */
  async wipe(node: string): Promise<void> {
    await rm(this.directory(node), { recursive: true });
  }

  async end(): Promise<void> {
    await Promise.all([...this.members.keys()].map((node) => this.stop(node)));
    await rm(this.home, { recursive: true });
  }

  async #files(node: string): Promise<{ keys: string; pem: string; authority: string }> {
    const folder = join(this.home, node);
    await mkdir(folder, { recursive: true });
    const identity = await this.authority.identity(node);
    const files = {
      keys: join(folder, "keys"),
      pem: join(folder, "pem"),
      authority: join(folder, "authority"),
    };
    await writeFile(files.keys, `${Buffer.alloc(32, 7).toString("base64")}\n`);
    await writeFile(files.pem, `${identity.key.reveal()}\n${identity.certificate}`);
    await writeFile(files.authority, identity.authority);
    return files;
  }
}

export const stateOf = ({ member }: TestMember): NodeState => member.part().state;
export const statusOf = ({ member }: TestMember): ClusterState => member.part().status;
