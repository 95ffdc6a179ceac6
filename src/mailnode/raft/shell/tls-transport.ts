/**
 * The members' network: mutual TLS 1.3, one connection for each direction. Each node sends over the connection that
 * it dialled, and only receives over those that it accepted: so none of the two has to yield when both dial at once,
 * and a connection that breaks is dialled again by the one that has something to send.
 *
 * Who is not signed for by the cluster's authority does not get as far as a frame. Whoever is says in its greeting
 * which cluster and which member it is and wants, and its certificate must be the one of that member's host.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../core/types.ts";
import { IncomingLink } from "./incoming-link.ts";
import { PROTOCOL_VERSION } from "./greeting.ts";
import { OutgoingLink } from "./outgoing-link.ts";
import { encodePacket } from "./packet-codec.ts";
import type { Packet } from "./packet.ts";
import {
  TLS_LIMITS,
  type AddressBook,
  type Identity,
  type TlsLimits,
  type TlsTransportOptions,
} from "./tls-options.ts";
import type { Receiver, Transport } from "./transport.ts";

export class TlsTransport implements Transport {
  readonly #options: TlsTransportOptions;
  readonly #limits: TlsLimits;
  readonly #server: Server;
  readonly #links = new Map<NodeId, OutgoingLink>();
  readonly #incoming = new Set<IncomingLink>();
  #context: SecureContext;
  #book: AddressBook = new Map();
  #receiver: Receiver | undefined;
  #closed = false;

  /** Throws what node:tls says of a key or a certificate that it cannot use. */
  constructor(options: TlsTransportOptions) {
    this.#options = options;
    this.#limits = { ...TLS_LIMITS, ...options.limits };
    this.#context = createSecureContext(credentials(options.identity));
    this.#server = createServer({
      ...credentials(options.identity),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: this.#limits.greetingMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 10_000,
    });
    this.#server.maxConnections = this.#limits.maxConnections;
    this.#server.on("secureConnection", (socket) => this.#accept(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      this.#report(`${socket.remoteAddress} is no member: ${error.message}`);
      socket.destroy();
    });
  }

  /** Takes its port; callers are turned away until it is started. Rejects with what node:net says. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    return this.#server.address() as AddressInfo;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#dial();
  }

  /** Says where members are; connections to those that stay where they are, on the same machine, stay too. */
  setPeers(book: AddressBook): void {
    const before = this.#book;
    this.#book = book;
    for (const [id, link] of this.#links) {
      if (isDeepStrictEqual(book.get(id), link.address)) continue;
      this.#links.delete(id);
      void link.close();
    }
    for (const link of this.#incoming) {
      const { from } = link;
      // Who is somewhere else calls again, and shows its certificate: the one before may be of another machine.
      if (from !== undefined && !isDeepStrictEqual(book.get(from), before.get(from))) link.end();
    }
    this.#dial();
  }

  /** Shows another certificate from now on, and trusts another authority; what is connected stays so. */
  rotate(identity: Identity): void {
    this.#context = createSecureContext(credentials(identity));
    this.#server.setSecureContext(credentials(identity));
  }

  send(to: NodeId, packet: Packet): boolean {
    return this.#links.get(to)?.send(encodePacket(packet)) ?? false;
  }

  /** Whether this node has a connection to a peer. */
  connected(to: NodeId): boolean {
    return this.#links.get(to)?.connected ?? false;
  }

  /** The machine that a peer has proven by its certificate to be; undefined while there is no connection to it. */
  machineOf(to: NodeId): string | undefined {
    const link = this.#links.get(to);
    return link?.connected ? link.address.name : undefined;
  }

  /** Bytes that wait for a peer. */
  queued(to: NodeId): number {
    return this.#links.get(to)?.queued ?? 0;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const link of this.#incoming) link.end();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    await closed;
  }

  #dial(): void {
    if (this.#receiver === undefined || this.#closed) return;
    const { id: from, cluster, env } = this.#options;
    for (const [to, address] of this.#book) {
      if (to === from || this.#links.has(to)) continue;
      const link = new OutgoingLink({
        hello: { version: PROTOCOL_VERSION, cluster, from, to },
        address,
        env,
        limits: this.#limits,
        context: () => this.#context,
        broken: () => this.#broken(to),
        report: (problem) => this.#report(problem),
      });
      this.#links.set(to, link);
    }
  }

  #accept(socket: TLSSocket): void {
    const { id, cluster, env } = this.#options;
    socket.on("error", (error: Error) => this.#report(`from ${link.from ?? "a stranger"}: ${error.message}`));
    const greeted = new AbortController();
    const link: IncomingLink = new IncomingLink({
      socket,
      id,
      cluster,
      maxFrameBytes: this.#limits.maxFrameBytes,
      addressOf: (member) => this.#book.get(member),
      welcomed: (member) => {
        greeted.abort();
        this.#welcomed(link, member);
      },
      packet: (from, packet) => this.#receiver?.packet(from, packet),
      report: (problem) => this.#report(problem),
    });
    this.#incoming.add(link);
    socket.once("close", () => {
      greeted.abort();
      this.#incoming.delete(link);
      if (link.from !== undefined) this.#broken(link.from);
    });
    if (this.#receiver === undefined || this.#closed) return link.end();
    env.sleep(this.#limits.greetingMs, greeted.signal).then(
      () => link.end(),
      () => undefined,
    );
  }

  /** A member that dials anew has lost the connection before, even if this end has not noticed. */
  #welcomed(link: IncomingLink, member: NodeId): void {
    for (const other of this.#incoming) if (other !== link && other.from === member) other.end();
  }

  #broken(member: NodeId): void {
    if (!this.#closed) this.#receiver?.broken(member);
  }

  #report(problem: string): void {
    if (!this.#closed) this.#options.report?.(problem);
  }
}

/** Throws what node:tls says of a key or a certificate that it cannot use. */
export function checkIdentity(identity: Identity): void {
  createSecureContext(credentials(identity));
}

function credentials({ key, certificate, authority }: Identity) {
  return { key: key.reveal(), cert: certificate, ca: authority, minVersion: "TLSv1.3" } as const;
}
