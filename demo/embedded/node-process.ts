import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serializeMailNodeConfig, type MailNodeConfig } from "../../src/contract/mailnode-config.ts";

const MBNODE = fileURLToPath(new URL("../../bin/mbnode.js", import.meta.url));
const LOOK_MS = 25;

export interface NodeProcessOptions {
  readonly name: string;
  /** Holds the node's configuration, queue and log. */
  readonly directory: string;
  readonly smtpPort: number;
  readonly adminPort: number;
  readonly nextHopPort: number;
  /** Path of a key and its certificate. */
  readonly pem: string;
}

/** A mail node as a process of this machine, on loopback, without database and cache. */
export class NodeProcess {
  readonly name: string;
  readonly #options: NodeProcessOptions;
  readonly #config: string;
  #child: ChildProcess | undefined;

  private constructor(options: NodeProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#config = join(options.directory, "mbnode.json");
  }

  /** Writes the node's configuration; start() runs it. */
  static async prepare(options: NodeProcessOptions): Promise<NodeProcess> {
    await mkdir(options.directory, { recursive: true });
    const node = new NodeProcess(options);
    await writeFile(
      node.#config,
      serializeMailNodeConfig(configOf(options), "made by the embedded demonstration"),
      { mode: 0o600 },
    );
    return node;
  }

  /** Starts the process and resolves when it takes mail. Rejects, with the place of its log, when it ends or takes longer. */
  async start(timeoutMs: number): Promise<void> {
    const log = join(this.#options.directory, "mbnode.log");
    const output = await open(log, "a");
    const child = spawn(process.execPath, [MBNODE, "run", "--config", this.#config], {
      stdio: ["ignore", output.fd, output.fd],
    });
    await output.close();
    this.#child = child;
    const end = performance.now() + timeoutMs;
    while (!(await this.#ready())) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`${this.name} does not take mail; see ${log}`);
      await wait(LOOK_MS);
    }
  }

  /** Ends the process as a power cut would, as far as a process can: SIGKILL. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Lets it drain. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** The certificate is a throw-away one on loopback; nothing secret is asked or told. */
  #ready(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request({
        host: "127.0.0.1",
        port: this.#options.adminPort,
        path: "/ready",
        rejectUnauthorized: false,
        agent: false,
      });
      asked.on("response", (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on("error", () => resolve(false));
      asked.end();
    });
  }
}

function configOf({
  name,
  directory,
  smtpPort,
  adminPort,
  nextHopPort,
  pem,
}: NodeProcessOptions): MailNodeConfig {
  return {
    node: name,
    hostname: "mail.example.com",
    smtp: {
      listeners: [{ address: "127.0.0.1", port: smtpPort, tls: "starttls", requireTls: false }],
      balancers: ["127.0.0.1"],
      domains: ["example.com"],
      relayNetworks: [],
      maxMessageBytes: 25 * 1024 * 1024,
      maxRecipients: 100,
      maxConnections: 200,
      maxReceivedLines: 100,
      idleTimeoutMs: 300_000,
      pem,
    },
    delivery: {
      nextHop: { host: "127.0.0.1", port: nextHopPort },
      maxConnections: 8,
      connectTimeoutMs: 2_000,
      // Short, so that a person need not wait: a cluster tries again after half a minute.
      retry: { firstMs: 250, longestMs: 1_000, giveUpMs: 3_600_000 },
    },
    queue: { path: join(directory, "spool") },
    admin: { address: "127.0.0.1", port: adminPort, pem },
    checks: { timeoutMs: 2_000, cacheMs: 100 },
    drainLimitMs: 5_000,
  };
}
