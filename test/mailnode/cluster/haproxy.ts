import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../demo/embedded/free-ports.ts";
import { until } from "../fixtures/until.ts";

export interface BackendServer {
  readonly name: string;
  readonly agentPort: number;
}

/** What HAProxy knows of a server. */
export interface ServerStat {
  readonly status: string;
  readonly weight: number;
  /** The most connections at once; "" when there is no limit. */
  readonly limit: string;
  /** Connections that are open now. */
  readonly open: number;
}

/** A real HAProxy before servers that say their name; counts which one each connection came to. */
export class Haproxy {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #backends: readonly Backend[];
  readonly #open: Socket[] = [];

  private constructor(folder: string, port: number, process: ChildProcess, backends: readonly Backend[]) {
    this.#folder = folder;
    this.port = port;
    this.#process = process;
    this.#backends = backends;
  }

  static async start(balance: readonly string[], servers: readonly BackendServer[]): Promise<Haproxy> {
    const folder = await mkdtemp(join(tmpdir(), "agent-check-"));
    const backends = await Promise.all(servers.map(({ name }) => Backend.start(name)));
    const port = (await freePorts(1))[0]!;
    const lines = servers.map(
      ({ name, agentPort }, place) =>
        `    server ${name} 127.0.0.1:${backends[place]!.port} weight 100 agent-check agent-addr 127.0.0.1 agent-port ${agentPort} agent-inter 50ms`,
    );
    const config = [
      "global",
      `    stats socket ${join(folder, "admin.sock")} level admin`,
      "defaults",
      "    mode tcp",
      "    timeout connect 2s",
      "    timeout client 1m",
      "    timeout server 1m",
      "listen mail",
      `    bind 127.0.0.1:${port}`,
      ...balance.map((line) => `    ${line}`),
      ...lines,
      "",
    ].join("\n");
    await writeFile(join(folder, "haproxy.cfg"), config);
    const process = spawn("/usr/sbin/haproxy", ["-db", "-f", join(folder, "haproxy.cfg")], {
      stdio: "ignore",
    });
    const haproxy = new Haproxy(folder, port, process, backends);
    await until(() =>
      haproxy.stats().then(
        () => true,
        () => false,
      ),
    );
    return haproxy;
  }

  async stop(): Promise<void> {
    this.hangUp();
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
    await Promise.all(this.#backends.map((backend) => backend.stop()));
    await rm(this.#folder, { recursive: true });
  }

  /** Opens a connection, leaves it open, and gives the name of the server that it came to. */
  async connect(localAddress = "127.0.0.1"): Promise<string> {
    const socket = connect({ host: "127.0.0.1", port: this.port, localAddress });
    this.#open.push(socket);
    const [greeting] = (await once(socket, "data")) as [Buffer];
    return greeting.toString();
  }

  /** How many of `count` new connections came to each server. */
  async spread(count: number): Promise<Record<string, number>> {
    const counts = Object.fromEntries(this.#backends.map(({ name }) => [name, 0]));
    for (let round = 0; round < count; round++) counts[await this.connect()]!++;
    return counts;
  }

  /** Closes all connections that were opened. */
  hangUp(): void {
    for (const socket of this.#open.splice(0)) socket.destroy();
  }

  async stats(): Promise<Record<string, ServerStat>> {
    const socket = connect(join(this.#folder, "admin.sock"));
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    socket.end("show stat\n");
    await once(socket, "close");
    const [head, ...rows] = text.trim().split("\n");
    const columns = head!.replace("# ", "").split(",");
    const read = (row: string, column: string): string => row.split(",")[columns.indexOf(column)]!;
    return Object.fromEntries(
      rows
        .filter((row) => !["FRONTEND", "BACKEND"].includes(read(row, "svname")))
        .map((row) => [
          read(row, "svname"),
          {
            status: read(row, "status"),
            weight: Number(read(row, "weight")),
            limit: read(row, "slim"),
            open: Number(read(row, "scur")),
          },
        ]),
    );
  }
}

class Backend {
  readonly name: string;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(name: string, server: Server, sockets: Set<Socket>) {
    this.name = name;
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#sockets = sockets;
  }

  static async start(name: string): Promise<Backend> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
      socket.resume();
      socket.write(name);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Backend(name, server, sockets);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
