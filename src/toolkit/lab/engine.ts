import Docker from "dockerode";
import { UserError } from "../../support/errors.ts";
import { systemHost, type Host } from "./host.ts";
import { DOCKERD_LOG, installEngine, startEngine, type Consent } from "./install-engine.ts";

/** A Docker engine that answers. */
export interface Engine {
  readonly docker: Docker;
  readonly version: string;
}

export interface EngineOptions extends Consent {
  readonly host?: Host;
  /** Makes the client; `DOCKER_HOST` is honoured by the default one. */
  readonly connect?: () => Docker;
}

const PING_TIMEOUT_MS = 5_000;
const START_TIMEOUT_MS = 60_000;

/**
 * The engine that `DOCKER_HOST` or the local socket leads to; on Debian as root it is installed and started when
 * there is none, after asking.
 *
 * Throws DOCKER_ABSENT, with what to do, when there is none and none can be had.
 */
export async function ensureEngine(options: EngineOptions): Promise<Engine> {
  const host = options.host ?? systemHost;
  const connect = options.connect ?? (() => new Docker());
  const running = await reach(connect());
  if (running) return running;

  if (host.environment("DOCKER_HOST")) {
    throw absent(
      `no Docker engine answers at DOCKER_HOST=${host.environment("DOCKER_HOST")}`,
      "start that engine, or unset DOCKER_HOST to use a local one",
    );
  }
  if (!host.isRoot()) {
    throw absent(
      "no Docker engine answers on this machine and this user may not install or start one",
      "start Docker, join the docker group, or run the command again as root",
    );
  }
  await installEngine(host, options);
  await startEngine(host, options.report);
  const started = await within(START_TIMEOUT_MS, () => reach(connect()));
  if (started) return started;
  throw absent(
    `dockerd was started but did not answer within ${START_TIMEOUT_MS / 1000} s`,
    `read "journalctl -u docker" or ${DOCKERD_LOG}`,
  );
}

/** The engine at an endpoint of a description, "unix:///path" or "ssh://user@host". Throws DOCKER_ABSENT. */
export async function engineAt(endpoint: string): Promise<Engine> {
  const { protocol, pathname, hostname, username, port } = new URL(endpoint);
  const docker =
    protocol === "unix:"
      ? new Docker({ socketPath: pathname })
      : new Docker({ protocol: "ssh", host: hostname, username, port: port || "22" });
  const engine = await reach(docker);
  if (engine) return engine;
  throw absent(`no Docker engine answers at ${endpoint}`, "start it, or mend platform.endpoint");
}

/** The engine, or undefined when nothing answers in time. */
async function reach(docker: Docker): Promise<Engine | undefined> {
  try {
    const version = await Promise.race([docker.version(), rejectAfter(PING_TIMEOUT_MS)]);
    return { docker, version: version.Version };
  } catch {
    return undefined;
  }
}

async function within(
  limitMs: number,
  attempt: () => Promise<Engine | undefined>,
): Promise<Engine | undefined> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const engine = await attempt();
    if (engine) return engine;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return undefined;
}

function rejectAfter(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref();
  });
}

function absent(message: string, remedy: string): UserError {
  return new UserError("DOCKER_ABSENT", message, remedy);
}
