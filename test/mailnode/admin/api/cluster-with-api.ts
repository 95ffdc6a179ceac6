import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { loopbackPem } from "../../../../demo/embedded/certificate.ts";
import { healthOf } from "../../../../src/contract/health.ts";
import type { RunningCluster } from "../../../../src/mailnode/cluster/running-cluster.ts";
import { AdminPart } from "../../../../src/mailnode/node/admin-part.ts";
import { systemEnv } from "../../../../src/mailnode/node/system-env.ts";
import { freePorts } from "../../../../demo/embedded/free-ports.ts";
import { quietLog } from "../../fixtures/quiet-log.ts";
import { TestCluster } from "../../node/members.ts";
import { expectDescribed } from "./described.ts";

const OK = { status: "ok" } as const;

export interface Asked {
  readonly token?: string;
  readonly body?: unknown;
  /** Sent as it is, in the place of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every field that a test looks at in some answer; it knows which answer it asked for. */
export interface AnyAnswer {
  readonly type: string;
  readonly status: string | number;
  readonly reason: string;
  readonly detail: string;
  readonly remedy: string;
  readonly faults: readonly { readonly path: string; readonly rule: string }[];
  readonly token: string;
  readonly version: number;
  readonly value: string;
  readonly expiresInMs: number;
  readonly healthyNodes: number;
  readonly leader: { readonly node: string };
  readonly nodes: readonly { readonly id: string; readonly node: string; readonly phase: string }[];
  readonly members: readonly { readonly node: string; readonly standing: string }[];
  readonly accounts: readonly { readonly name: string }[];
  readonly records: readonly Readonly<
    Record<"actor" | "action" | "target" | "outcome", string> & { index: number }
  >[];
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** Empty when it is no JSON. */
  readonly body: AnyAnswer;
}

/** Where a node's console is answered, over TLS and on its local socket. */
export interface Door {
  readonly port: number;
  readonly socket: string;
  readonly part: AdminPart;
}

/** Opens the console of a node, or of one that is in no cluster. */
export async function openDoor(
  home: string,
  node: string,
  cluster: () => RunningCluster | undefined,
): Promise<Door> {
  const [port] = await freePorts(1);
  const pem = await loopbackPem();
  const socket = join(home, `${node}.sock`);
  const services = { smtp: OK, queue: OK, delivery: OK };
  const part = new AdminPart({
    config: { address: "127.0.0.1", port: port!, pem: "" },
    pem,
    socket,
    cluster,
    health: async () => healthOf(node, "1.2.3", { services }),
    ready: async () => ({ ready: true, node }),
    figures: () => ({
      node,
      version: "1.2.3",
      queueLength: 7,
      smtpSessions: 2,
      draining: false,
      isWitness: false,
    }),
    spool: async () => ({ failedBytes: 8192, freeBytes: 1_000_000 }),
    env: systemEnv,
    log: quietLog,
  });
  await part.start();
  return { port: port!, socket, part };
}

/** Asks over TLS; every answer of the API must be as its OpenAPI file says. */
export function ask(door: Door, method: string, path: string, asked: Asked = {}): Promise<Answered> {
  const { port } = door;
  return speak(
    (options) => httpsRequest({ ...options, host: "127.0.0.1", port, rejectUnauthorized: false }),
    {
      ...asked,
      method,
      path,
    },
  );
}

/** Asks on the local socket. */
export function askSocket(
  door: Pick<Door, "socket">,
  method: string,
  path: string,
  asked: Asked = {},
): Promise<Answered> {
  const { socket } = door;
  return speak((options) => httpRequest({ ...options, socketPath: socket }), { ...asked, method, path });
}

async function speak(
  open: (options: RequestOptions) => ReturnType<typeof httpRequest>,
  {
    method,
    path,
    token,
    body,
    raw,
    headers = {},
  }: Asked & { readonly method: string; readonly path: string },
): Promise<Answered> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const asking = open({
    method,
    path,
    agent: false,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(sent !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.on("response", resolve).on("error", reject);
    asking.end(sent);
  });
  const answer = await text(response);
  const isJson = /json/.test(response.headers["content-type"] ?? "");
  const answered = {
    status: response.statusCode!,
    headers: response.headers,
    text: answer,
    body: (isJson && answer !== "" ? JSON.parse(answer) : {}) as AnyAnswer,
  };
  expectDescribed(method, path, answered);
  return answered;
}

/** Three real members on loopback, each with its console. */
export class ClusterWithApi {
  readonly cluster: TestCluster;
  readonly doors: ReadonlyMap<string, Door>;

  static async start(): Promise<ClusterWithApi> {
    const cluster = await TestCluster.make("node-1", "node-2", "node-3");
    const members = await cluster.found();
    const doors = new Map<string, Door>();
    for (const { node, member } of members) doors.set(node, await openDoor(cluster.home, node, () => member));
    return new ClusterWithApi(cluster, doors);
  }

  private constructor(cluster: TestCluster, doors: ReadonlyMap<string, Door>) {
    this.cluster = cluster;
    this.doors = doors;
  }

  door(node: string): Door {
    return this.doors.get(node)!;
  }

  /** An account's new token, as the local socket of node-1 gives it out. */
  async token(name: string, role: string): Promise<string> {
    const granted = await askSocket(this.door("node-1"), "PUT", "/api/cluster/accounts", {
      body: { name, role },
    });
    return granted.body.token;
  }

  async end(): Promise<void> {
    for (const { part } of this.doors.values()) await part.stop();
    await this.cluster.end();
  }
}
