import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { distinct, MAX_ENDPOINTS, type Discovery, type Endpoint } from "./endpoint.ts";
import { decodeWord, encodeWord, MARK_BYTES } from "./multicast-wire.ts";

export interface MulticastOptions {
  /** Clusters on one network do not hear each other. */
  readonly cluster: string;
  /** This machine's address on the network to ask in. */
  readonly address: string;
  readonly group: string;
  readonly port: number;
}

/** Of the organisation's own scope (RFC 2365, section 6.2). */
export const MULTICAST_GROUP = "239.192.77.66";
export const MULTICAST_PORT = 7_947;
/** Datagrams stay in the local network. */
const TTL = 1;
/** A question is asked so often, as datagrams get lost. */
const QUESTIONS = 3;
/** Answers that this node gives in a second; whoever needs more asks again. */
const MAX_ANSWERS_PER_SECOND = 50;

/**
 * Asks all on the local network who is there, and listens for `waitMs`. Whoever answers is only a place to
 * knock at, and its address is the one that the answer came from, not one that it claims.
 */
export function multicastDiscovery(
  options: MulticastOptions & { readonly waitMs: number },
  env: Env,
): Discovery {
  return {
    async discover() {
      const { cluster, waitMs } = options;
      const mark = randomBytes(MARK_BYTES);
      const found: Endpoint[] = [];
      const socket = createSocket("udp4");
      try {
        await bound(socket, options, 0);
        socket.on("message", (bytes, from) => {
          const word = decodeWord(cluster, bytes);
          const isOurs = word?.kind === "answer" && word.mark.equals(mark);
          if (isOurs && found.length < 4 * MAX_ENDPOINTS) found.push({ host: from.address, port: word.port });
        });
        for (let asked = 0; asked < QUESTIONS; asked++) {
          socket.send(
            encodeWord(cluster, { kind: "question", mark }),
            options.port,
            options.group,
            () => undefined,
          );
          await env.sleep(waitMs / QUESTIONS);
        }
      } finally {
        socket.close();
      }
      return distinct(found);
    },
  };
}

/** Answers those who ask, with the port to knock at. Stop it with close(). */
export class MulticastResponder {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Throws DISCOVERY_MULTICAST when the address has no network to listen in. */
  static async start(
    options: MulticastOptions & { readonly answerPort: number },
    env: Pick<Env, "monotonic">,
  ): Promise<MulticastResponder> {
    const { cluster, group, address, port, answerPort } = options;
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    try {
      await bound(socket, options, port);
      socket.addMembership(group, address);
    } catch (error) {
      socket.close();
      throw multicastError(error, address);
    }
    let second = 0;
    let answers = 0;
    socket.on("message", (bytes, from) => {
      const word = decodeWord(cluster, bytes);
      if (word?.kind !== "question") return;
      const now = Math.floor(env.monotonic() / 1_000);
      answers = now === second ? answers + 1 : 1;
      second = now;
      if (answers > MAX_ANSWERS_PER_SECOND) return;
      const answer = encodeWord(cluster, { kind: "answer", mark: word.mark, port: answerPort });
      socket.send(answer, from.port, from.address, () => undefined);
    });
    return new MulticastResponder(socket);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}

/** Bound, and sending through the network of `address`. Throws DISCOVERY_MULTICAST. */
async function bound(socket: Socket, { address, group }: MulticastOptions, port: number): Promise<void> {
  try {
    // A listener binds the group's address, so that datagrams to this machine's own are not taken for questions.
    socket.bind({ port, address: port === 0 ? address : group });
    await once(socket, "listening");
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(TTL);
    socket.setMulticastLoopback(true);
    // Later errors are about single datagrams.
    socket.on("error", () => undefined);
  } catch (error) {
    throw multicastError(error, address);
  }
}

function multicastError(error: unknown, address: string): unknown {
  if (error instanceof UserError) return error;
  return new UserError(
    "DISCOVERY_MULTICAST",
    `multicast does not work from ${address} (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    "see that it is an address of this machine, or choose another way to find peers",
    { cause: error },
  );
}
