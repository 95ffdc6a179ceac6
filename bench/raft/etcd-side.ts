import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePorts } from "../../demo/embedded/free-ports.ts";
import { certificatesFor, writeCertificate } from "./certificates.ts";
import { Child } from "./child.ts";
import { untilReady } from "./ready.ts";
import type { Cluster, Member, Setup, Side } from "./side.ts";

const HOST = "127.0.0.1";
const NAMES = ["e1", "e2", "e3"];

/** Debian's etcd with the timings, the pre-vote and the security between peers that our side has. */
export const etcdSide: Side = { name: "etcd", start };

async function start({ folder, syncs }: Setup): Promise<Cluster> {
  const certificates = await certificatesFor(NAMES);
  const ports = await freePorts(2 * NAMES.length);
  const peers = NAMES.map((name, i) => `${name}=https://${HOST}:${ports[2 * i]!}`).join(",");
  const members = await Promise.all(
    NAMES.map(async (name, i) => {
      const home = join(folder, name);
      await mkdir(home);
      const files = await writeCertificate(home, certificates[i]!);
      const [peerUrl, clientUrl] = [
        `https://${HOST}:${ports[2 * i]!}`,
        `http://${HOST}:${ports[2 * i + 1]!}`,
      ];
      const options = {
        name,
        "data-dir": join(home, "data"),
        "listen-peer-urls": peerUrl,
        "initial-advertise-peer-urls": peerUrl,
        "listen-client-urls": clientUrl,
        "advertise-client-urls": clientUrl,
        "initial-cluster": peers,
        "peer-cert-file": files.certificate,
        "peer-key-file": files.key,
        "peer-trusted-ca-file": files.authority,
        "peer-client-cert-auth": "true",
        "heartbeat-interval": "100",
        "election-timeout": "1000",
        "pre-vote": "true",
        // Its database must not be full before the load is over: it never gives back what was overwritten.
        "quota-backend-bytes": String(8 * 2 ** 30),
        "log-level": "fatal",
        logger: "zap",
      };
      const argv = ["etcd", ...Object.entries(options).map(([option, value]) => `--${option}=${value}`)];
      return new EtcdMember(
        `${HOST}:${ports[2 * i + 1]!}`,
        () => new Child({ argv, syncs, stdio: "ignore" }),
      );
    }),
  );
  const stop = async (): Promise<void> => void (await Promise.all(members.map((member) => member.stop())));
  try {
    await untilReady({ members });
    return { members, stop, isTraced: syncs !== "done" };
  } catch (error) {
    await stop();
    throw error;
  }
}

class EtcdMember implements Member {
  readonly endpoint: string;
  readonly #spawn: () => Child;
  #child: Child;

  constructor(endpoint: string, spawn: () => Child) {
    this.endpoint = endpoint;
    this.#spawn = spawn;
    this.#child = spawn();
  }

  get pid(): number | undefined {
    return this.#child.running ? this.#child.process.pid : undefined;
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.signal(name);
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  async restart(): Promise<void> {
    await this.#child.kill();
    this.#child = this.#spawn();
  }
}
