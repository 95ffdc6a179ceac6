import { getHeapStatistics } from "node:v8";
import type { Logger } from "pino";
import type { DrainMark } from "../../contract/drain-mark.ts";
import { DRAINING, healthOf, type CheckOutcome, type Health, type Ready } from "../../contract/health.ts";
import type { MailNodeConfig } from "../../contract/mailnode-config.ts";
import type { Env } from "../../support/env.ts";
import { UserError } from "../../support/errors.ts";
import { oncePer } from "../../support/once-per.ts";
import { check, databaseCheck, redisCheck, type Check } from "../admin/checks.ts";
import type { RunningCluster } from "../cluster/running-cluster.ts";
import type { Disk } from "../disk/disk.ts";
import { Delivery } from "../queue/delivery.ts";
import { FAILED_MAIL_LIMITS, FailedMail } from "../queue/failed-mail.ts";
import { FreeSpace, MIN_FREE_BYTES } from "../queue/free-space.ts";
import { QueueRoom } from "../queue/queue-room.ts";
import { smtpRelay } from "../queue/smtp-relay.ts";
import { Spool } from "../queue/spool.ts";
import { Reception } from "../smtp/reception.ts";
import { SmtpService } from "../smtp/smtp-service.ts";
import { AdminPart } from "./admin-part.ts";
import type { ClusterMember } from "./cluster-member.ts";
import { readNamed } from "./config-file.ts";
import { DrainWatch } from "./drain-watch.ts";
import { startMailCluster, type DrainAsker } from "./mail-cluster.ts";
import { clusterLogFailed, deliveryFailed, type NodeFailure } from "./node-failure.ts";
import { portError } from "./port-error.ts";
import { ServiceGate } from "./service-gate.ts";

export interface MailNodeParts {
  readonly config: MailNodeConfig;
  readonly version: string;
  readonly disk: Disk;
  readonly env: Env;
  readonly log: Logger;
  /** Where the console is answered on this machine alone; absent: nowhere. */
  readonly socket?: string | undefined;
  /** The most that the heap can be; absent: what V8 says of this process. */
  readonly heapLimitBytes?: number | undefined;
}

/** A whole mail node: its part in the cluster, listeners, queue, delivery and console, put together. */
export class MailNode {
  readonly #parts: MailNodeParts;
  readonly #smtp: SmtpService;
  readonly #delivery: Delivery;
  readonly #failedMail: FailedMail;
  readonly #admin: AdminPart;
  readonly #drain: DrainWatch | undefined;
  readonly #gate: ServiceGate<DrainAsker>;
  #cluster: ClusterMember | undefined;
  readonly #checks: {
    readonly database: Check | undefined;
    readonly redis: Check | undefined;
    readonly queue: Check;
  };

  private constructor(parts: MailNodeParts, spool: Spool, pems: { mail: string; admin: string }) {
    const { config, disk, env, log } = parts;
    this.#parts = parts;
    const { path, minFreeBytes, maxFailedBytes, maxFailedAgeMs } = config.queue;
    const leastFree = minFreeBytes ?? MIN_FREE_BYTES;
    const space = new FreeSpace(disk, path, leastFree, env, log);
    const limits = {
      maxBytes: maxFailedBytes ?? FAILED_MAIL_LIMITS.maxBytes,
      maxAgeMs: maxFailedAgeMs ?? FAILED_MAIL_LIMITS.maxAgeMs,
      // As much again as the minimum, for mail on its way through.
      leaveFreeBytes: 2 * leastFree,
    };
    this.#failedMail = new FailedMail(disk, spool.failed, limits, env, log);
    const { nextHop, maxConnections, connectTimeoutMs, retry } = config.delivery;
    const relay = smtpRelay({ ...nextHop, hostname: config.hostname, connectTimeoutMs });
    this.#delivery = new Delivery(
      spool,
      this.#failedMail,
      relay,
      { hostname: config.hostname, remote: nextHop.host, maxConnections, retry },
      env,
      log,
    );
    const limitBytes = parts.heapLimitBytes ?? getHeapStatistics().heap_size_limit;
    const room = new QueueRoom(space, { limitBytes, usedBytes: () => this.#delivery.heapBytes }, log);
    const reception = new Reception(
      spool,
      room,
      (entry) => this.#delivery.add(entry),
      { hostname: config.hostname, ...config.smtp },
      env,
      log,
    );
    this.#smtp = new SmtpService(
      { config: config.smtp, hostname: config.hostname, pem: pems.mail },
      reception,
      env,
      log,
    );
    this.#gate = new ServiceGate((isClosed) => this.#smtp.setDrained(isClosed));
    if (config.drainMark !== undefined)
      this.#drain = new DrainWatch(config.drainMark, env, (mark) => this.#drainChanged(mark));
    this.#checks = this.#makeChecks(spool, room);
    this.#admin = new AdminPart({
      config: config.admin,
      pem: pems.admin,
      socket: parts.socket,
      cluster: () => this.cluster,
      health: () => this.health(),
      ready: () => this.ready(),
      figures: () => ({
        node: config.node,
        version: parts.version,
        queueLength: this.#delivery.length,
        smtpSessions: this.#smtp.sessions,
        draining: this.#smtp.draining,
        isWitness: false,
      }),
      spool: async () => ({ failedBytes: this.#failedMail.bytes, freeBytes: await space.bytes() }),
      env,
      log,
    });
  }

  /**
   * Recovers the queue, begins to look for its cluster, opens the ports and begins to deliver. The spool must be this
   * process's own. Mail is taken whether or not there is a cluster yet.
   *
   * Throws MAILNODE_PORT_TAKEN, MAILNODE_PORT_FORBIDDEN, MAILNODE_FILE_UNREADABLE or MAILNODE_SPOOL, and like
   * ClusterMember.start.
   */
  static async start(parts: MailNodeParts): Promise<MailNode> {
    const { config, disk, env, log } = parts;
    const pems = { mail: await readNamed(config.smtp.pem), admin: await readNamed(config.admin.pem) };
    const { spool, recovery } = await Spool.open(disk, config.queue.path, env).catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UserError(
        "MAILNODE_SPOOL",
        `the queue ${config.queue.path} cannot be opened (${code})`,
        "give it to the user that runs mbnode, on a disk that works",
        { cause: error },
      );
    });
    const node = new MailNode(parts, spool, pems);
    for (const entry of recovery.entries) node.#delivery.add(entry);
    for (const name of recovery.foreign)
      log.error({ name }, "a file of the queue is no message: moved to failed/");
    for (const { name, error } of recovery.unreadable)
      log.error({ name, err: error }, "a message of the queue cannot be read: it stays for the next start");
    // Before the ports open: a node that starts drained greets nobody with 220.
    await node.#drain?.start();
    try {
      await node.#joinCluster();
      await node.#smtp.start();
      await node.#admin.start();
    } catch (error) {
      node.#drain?.stop();
      await node.#smtp.drain(0);
      await node.#cluster?.stop();
      throw portError(error);
    }
    node.#failedMail.start();
    node.#delivery.start();
    log.info({ version: parts.version, recovered: recovery.entries.length }, "taking mail");
    return node;
  }

  /** This node's part in its cluster; undefined when it is on its own. */
  get cluster(): RunningCluster | undefined {
    return this.#cluster;
  }

  /** Resolves when the cluster's log or delivery has failed, and the node must stop. */
  async failed(): Promise<NodeFailure> {
    return Promise.race([this.#delivery.failed.then(deliveryFailed), this.#clusterFailed()]);
  }

  async #clusterFailed(): Promise<NodeFailure> {
    const error = await this.#cluster?.stopped;
    return error ? clusterLogFailed(error) : new Promise<never>(() => undefined);
  }

  /** Reads the gossip keys and the certificates for members and console anew. Throws, and keeps what it had. */
  async reload(): Promise<void> {
    const pem = await readNamed(this.#parts.config.admin.pem);
    const follow = await this.#cluster?.readAnew();
    // Throws when it is none, and then nothing else has changed either.
    this.#admin.rotate(pem);
    follow?.();
  }

  /**
   * Drains the listeners, lets attempts under way end, leaves the cluster, and closes the console last, so that it
   * says why.
   */
  async stop(): Promise<void> {
    const { config, env, log } = this.#parts;
    log.info(DRAINING);
    this.#drain?.stop();
    await this.#smtp.drain(config.drainLimitMs);
    const limit = new AbortController();
    const over = env.sleep(config.drainLimitMs, limit.signal).catch(() => undefined);
    await Promise.race([this.#delivery.stop(), over]);
    limit.abort();
    await this.#failedMail.stop();
    await this.#cluster?.stop();
    await this.#admin.stop();
    log.info({ queued: this.#delivery.length }, "stopped");
  }

  async health(): Promise<Health> {
    const { config, version } = this.#parts;
    const [database, redis, queue] = await Promise.all([
      this.#checks.database?.(),
      this.#checks.redis?.(),
      this.#checks.queue(),
    ]);
    const services = {
      smtp: this.#smtpOutcome(),
      queue,
      delivery: is(this.#delivery.running, "not running"),
    };
    const health = healthOf(config.node, version, {
      ...(database && { database }),
      ...(redis && { redis }),
      services,
    });
    return { ...health, ...this.#drainFacts(), ...(this.#cluster && { cluster: this.#cluster.part() }) };
  }

  /** Whether mail may be sent here: the ports are open, nothing drains and the disk has room and takes writes. */
  async ready(): Promise<Ready> {
    const { node } = this.#parts.config;
    const queue = await this.#checks.queue();
    // A disk that takes no writes is worse than a drain, and must show behind one.
    const fault = [queue, this.#smtpOutcome()].find((outcome) => outcome.status === "failed");
    return {
      ...(fault?.status === "failed" ? { ready: false, node, reason: fault.reason } : { ready: true, node }),
      ...this.#drainFacts(),
    };
  }

  /** By a mark on the machine, or by the cluster. */
  #drainFacts(): Pick<Ready, "drain"> {
    const mark = this.#drain?.mark;
    if (mark) return { drain: { owner: mark.owner, reason: mark.reason, at: mark.at } };
    const record = this.#cluster?.maintenance.of(this.#parts.config.node);
    if (!record || !this.#gate.asks("cluster")) return {};
    const at = new Date(record.startedMs).toISOString();
    return { drain: { owner: record.by, reason: "maintenance in the cluster", at } };
  }

  #drainChanged(mark: DrainMark | undefined): void {
    const { log } = this.#parts;
    if (mark) log.info({ owner: mark.owner, reason: mark.reason, since: mark.at }, "drained by a mark");
    else log.info("the mark is gone");
    this.#gate.set("mark", mark !== undefined);
  }

  async #joinCluster(): Promise<void> {
    const { config, env, log } = this.#parts;
    this.#cluster = await startMailCluster({
      config,
      smtp: this.#smtp,
      gate: this.#gate,
      checks: {
        queue: this.#checks.queue,
        smtp: async () => is(this.#smtp.listening, "a port is closed"),
        delivery: async () => is(this.#delivery.running, "not running"),
      },
      env,
      log,
    });
  }

  #smtpOutcome(): CheckOutcome {
    return this.#smtp.draining
      ? { status: "failed", reason: DRAINING }
      : is(this.#smtp.listening, "a port is closed");
  }

  #makeChecks(
    spool: Spool,
    room: QueueRoom,
  ): { database: Check | undefined; redis: Check | undefined; queue: Check } {
    const { config, env } = this.#parts;
    const { database, redis, timeoutMs, cacheMs } = config.checks;
    const kept = (question: Check): Check => oncePer(cacheMs, env, question);
    return {
      database: database && kept(databaseCheck(database, timeoutMs, env)),
      redis: redis && kept(redisCheck(redis, timeoutMs, env)),
      queue: kept(check(timeoutMs, env, () => room.need().then(() => spool.prove()))),
    };
  }
}

function is(holds: boolean, reason: string): CheckOutcome {
  return holds ? { status: "ok" } : { status: "failed", reason };
}
