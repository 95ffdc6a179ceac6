import { once } from "node:events";
import { lstat, unlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { UserError } from "../../support/errors.ts";
import type { Console } from "./console.ts";
import type { Door } from "./door.ts";
import { HTTP_LIMITS, MAX_CONNECTIONS } from "./http-limits.ts";

export interface LocalSocketOptions {
  readonly path: string;
  readonly console: Console;
  readonly door: Door;
}

/** Read and write for the owner alone: who may open the file is who may do everything. */
const UMASK = 0o177;

/** The console on a socket of this machine, where the permission of the file is the proof. */
export class LocalSocket {
  readonly #path: string;
  readonly #server: Server;

  constructor({ path, console, door }: LocalSocketOptions) {
    this.#path = path;
    this.#server = createServer(HTTP_LIMITS, (request, response) => {
      console.answer(request, response, door).catch(() => response.destroy());
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Binds it. What a process that died has left is removed; one behind which somebody answers stays. Throws
   * MAILNODE_SOCKET_TAKEN, and what binding throws.
   */
  async start(): Promise<void> {
    await removeStale(this.#path);
    const listening = once(this.#server, "listening");
    // The file is made within listen(): there is no moment at which others may open it.
    const before = process.umask(UMASK);
    try {
      this.#server.listen(this.#path);
    } finally {
      process.umask(before);
    }
    await listening;
  }

  /** Closes it; its file goes with it. */
  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket())
    throw new UserError(
      "MAILNODE_SOCKET_TAKEN",
      `${path} is no socket, and something else than mbnode put it there`,
      "look what it is, and move it away",
    );
  if (await answers(path))
    throw new UserError(
      "MAILNODE_SOCKET_TAKEN",
      `another mbnode answers at ${path}`,
      "stop that one first: systemctl stop mailbastion-mbnode",
    );
  await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    // Nobody listens there any more. Anything else is no proof of that.
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
