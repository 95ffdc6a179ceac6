import { once } from "node:events";
import type { Logger } from "pino";
import type { SMTPServerAddress, SMTPServerSession } from "smtp-server";
import type { MailNodeConfig } from "../../contract/mailnode-config.ts";
import type { Env } from "../../support/env.ts";
import { AcceptedRecipients } from "./accepted-recipients.ts";
import { asciiMailbox } from "./ascii-mailbox.ts";
import type { Reception } from "./reception.ts";
import { recipientMailbox } from "./recipient-mailbox.ts";
import { mayRelay } from "./recipient-rule.ts";
import { StatusReplyServer, reply } from "./status-replies.ts";

type SmtpConfig = MailNodeConfig["smtp"];
type Listener = SmtpConfig["listeners"][number];

export interface SmtpServiceOptions {
  readonly config: SmtpConfig;
  readonly hostname: string;
  /** Key and certificate chain. */
  readonly pem: string;
}

/** How often a drain looks for sessions that have ended their transaction. */
const DRAIN_LOOK_MS = 50;
const DRAINING = "4.3.2 System going down, try again";
const NOT_ASCII = "5.6.7 Address must be ASCII: SMTPUTF8 is not offered";

/** The listeners on which mail comes in. */
export class SmtpService {
  readonly #servers: readonly StatusReplyServer[];
  readonly #options: SmtpServiceOptions;
  readonly #reception: Reception;
  readonly #recipients: AcceptedRecipients;
  readonly #env: Env;
  readonly #log: Logger;
  #isStopping = false;
  /** There while somebody keeps the node drained; its end stops the sending away. */
  #drained: AbortController | undefined;

  constructor(options: SmtpServiceOptions, reception: Reception, env: Env, log: Logger) {
    this.#options = options;
    this.#reception = reception;
    this.#recipients = new AcceptedRecipients(options.config.maxRecipients);
    this.#env = env;
    this.#log = log;
    this.#servers = options.config.listeners.map((listener) => this.#server(listener));
  }

  get draining(): boolean {
    return this.#isStopping || this.#drained !== undefined;
  }

  /** Whether every port is open. */
  get listening(): boolean {
    return this.#servers.every((server) => server.server.listening);
  }

  /** How many sessions are open, those of balancers' checks aside. */
  get sessions(): number {
    return this.#servers.reduce((sum, { connections }) => sum + connections.size, 0);
  }

  /** Binds every port. Rejects with the first error, EADDRINUSE or EACCES. */
  async start(): Promise<void> {
    for (const [index, server] of this.#servers.entries()) {
      const { address, port } = this.#options.config.listeners[index]!;
      const listening = once(server.server, "listening");
      server.listen(port, address);
      await listening;
    }
  }

  /**
   * Keeps all sessions away until it is told otherwise: an open transaction may finish, everything else gets 421. The
   * ports stay open, so that a balancer's check hears why.
   */
  setDrained(isDrained: boolean): void {
    if (isDrained === (this.#drained !== undefined)) return;
    this.#drained?.abort();
    this.#drained = isDrained ? new AbortController() : undefined;
    if (this.#drained) void this.#keepSendingAway(this.#drained.signal);
  }

  async #keepSendingAway(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      this.#sendAwayIdle();
      await this.#env.sleep(DRAIN_LOOK_MS, until).catch(() => undefined);
    }
  }

  /**
   * Ends service without a reset and without a 5xx: new sessions, new transactions and idle sessions get
   * 421, an open transaction may finish. After `limitMs` what is left gets 421 too. Then the ports close.
   */
  async drain(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#drained?.abort();
    await this.endAll(limitMs);
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(resolve))));
  }

  /**
   * Ends every open session with 421, each after its transaction; after `limitMs` also in the middle of one: its client
   * sends again. Rejects with the signal's reason when it is aborted, and ends nothing more then.
   */
  async endAll(limitMs: number, signal?: AbortSignal): Promise<void> {
    const end = this.#env.monotonic() + limitMs;
    while (this.#sendAwayIdle() > 0 && this.#env.monotonic() < end)
      await this.#env.sleep(DRAIN_LOOK_MS, signal);
    for (const { connections } of this.#servers)
      for (const connection of [...connections]) connection.send(421, DRAINING);
  }

  /** Answers 421 to every session without a transaction; returns how many have one. */
  #sendAwayIdle(): number {
    let busy = 0;
    for (const { connections } of this.#servers) {
      for (const connection of [...connections]) {
        if (connection.session.envelope?.mailFrom) busy++;
        else if (connection.session.envelope) connection.send(421, DRAINING);
      }
    }
    return busy;
  }

  #server(listener: Listener): StatusReplyServer {
    const { config, hostname, pem } = this.#options;
    const server = new StatusReplyServer({
      name: hostname,
      banner: "Mailbastion",
      secure: listener.tls === "implicit",
      key: pem,
      cert: pem,
      // AUTH comes with accounts; the others are jokes of the library's that 500 answers better.
      disabledCommands: ["AUTH", "WIZ", "SHELL", "KILL", "XCLIENT", "XFORWARD"],
      // The next hop need not know SMTPUTF8, so it cannot be promised.
      hideSMTPUTF8: true,
      disableReverseLookup: true,
      useProxy: [...config.balancers],
      size: config.maxMessageBytes,
      maxClients: config.maxConnections,
      socketTimeout: config.idleTimeoutMs,
      closeTimeout: 1000,
      onConnect: (_session, done) => done(this.draining ? reply(421, DRAINING) : null),
      onMailFrom: (address, session, done) =>
        void this.#senderObjection(address, listener, session).then(done),
      onRcptTo: (address, session, done) => done(this.#recipientObjection(address, session)),
      onData: (stream, session, done) => {
        this.#reception.receive(stream, session, this.#recipients.of(session)).then(
          (text) => done(null, text),
          (error: Error) => done(error),
        );
      },
    });
    // A listener there must be, also while the port is bound: without one Node ends the process.
    server.on("error", (error) => this.#log.debug({ err: error }, "a listener or a session failed"));
    return server;
  }

  async #senderObjection(
    { address }: SMTPServerAddress,
    listener: Listener,
    session: SMTPServerSession,
  ): Promise<Error | null> {
    if (this.draining) return reply(421, DRAINING);
    if (listener.requireTls && !session.secure)
      return reply(530, "5.7.0 Must issue a STARTTLS command first");
    if (asciiMailbox(address) === undefined) return reply(553, NOT_ASCII);
    return (await this.#reception.noRoom()) ?? null;
  }

  /** Without one the recipient counts as accepted: what is answered next is 250. */
  #recipientObjection({ address }: SMTPServerAddress, session: SMTPServerSession): Error | null {
    const { config } = this.#options;
    const recipient = recipientMailbox(address, config.domains);
    if (recipient === undefined) return reply(553, NOT_ASCII);
    if (!mayRelay(config, session.remoteAddress, recipient)) return reply(554, "5.7.1 Relay access denied");
    return this.#recipients.add(session, recipient) ? null : reply(452, "4.5.3 Error: too many recipients");
  }
}
