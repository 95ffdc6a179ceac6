/** Debian's etcd, three members on this machine: another subject for the recorder and the checker. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { until } from "../fixtures/until.ts";
import { EtcdClient } from "./etcd-client.ts";

const HOST = "127.0.0.1";

export class EtcdCluster {
  readonly members: readonly EtcdMember[];

  /** Starts a new one below `folder`; ready when every member answers a linearizable read. */
  static async start(folder: string, count = 3): Promise<EtcdCluster> {
    const ports = await freePorts(2 * count);
    const peerUrl = (i: number): string => `http://${HOST}:${ports[2 * i]!}`;
    const all = Array.from({ length: count }, (_, i) => `e${i}=${peerUrl(i)}`).join(",");
    const members = Array.from({ length: count }, (_, i) => {
      const clientUrl = `http://${HOST}:${ports[2 * i + 1]!}`;
      const options = {
        name: `e${i}`,
        "data-dir": join(folder, `e${i}`),
        "listen-peer-urls": peerUrl(i),
        "initial-advertise-peer-urls": peerUrl(i),
        "listen-client-urls": clientUrl,
        "advertise-client-urls": clientUrl,
        "initial-cluster": all,
        "heartbeat-interval": "50",
        "election-timeout": "500",
        logger: "zap",
        "log-level": "fatal",
      };
      const args = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
      return new EtcdMember(clientUrl, args);
    });
    const cluster = new EtcdCluster(members);
    try {
      for (const member of members) member.start();
      for (const { client } of members)
        await until(() =>
          client.get("ready").then(
            () => true,
            () => false,
          ),
        );
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  private constructor(members: readonly EtcdMember[]) {
    this.members = members;
  }

  /** Whom the members that run follow. */
  async leader(): Promise<EtcdMember> {
    let found: EtcdMember | undefined;
    await until(async () => {
      for (const member of this.members) {
        const status = await member.client.status().catch(() => undefined);
        if (status !== undefined && status.leader === status.member) found = member;
      }
      return found !== undefined;
    });
    return found!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }
}

export class EtcdMember {
  readonly client: EtcdClient;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(url: string, args: readonly string[]) {
    this.client = new EtcdClient(url);
    this.#args = args;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    const child = spawn("etcd", this.#args, { stdio: "ignore" });
    this.#child = child;
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
}
