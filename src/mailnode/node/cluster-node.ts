/**
 * A node that is a member of a cluster: log, transport, driver and the copy of the state, put together. A simulated
 * node is put together by the same function; Env, transport and log are its own.
 */
import type { Env } from "../../support/env.ts";
import { NamedConsensus, type MemberNames } from "../cluster/named-consensus.ts";
import { Replica, REPLICA_DEFAULTS, type ReplicaOptions } from "../cluster/replica.ts";
import { openLog } from "../raft/log/open-log.ts";
import type { RaftLog } from "../raft/log/raft-log.ts";
import { DRIVER_DEFAULTS, type DriverOptions } from "../raft/shell/driver-options.ts";
import { Driver } from "../raft/shell/driver.ts";
import { foundersIn, isEmptyLog, type Founders } from "../raft/shell/founders.ts";
import type { AddressBook, Identity, TlsTransportOptions } from "../raft/shell/tls-options.ts";
import { TlsTransport } from "../raft/shell/tls-transport.ts";
import type { Transport } from "../raft/shell/transport.ts";
import { stampCommand } from "../state/envelope.ts";
import { lockClusterLog } from "./cluster-lock.ts";

export interface ClusterNodeParts {
  readonly log: RaftLog;
  readonly transport: Transport;
  readonly env: Env;
  readonly driver?: Partial<DriverOptions>;
  readonly replica?: Partial<ReplicaOptions>;
  /** By which names the shared state knows the members; without it, by the ids of their directories. */
  readonly names?: MemberNames;
  /** Runs what waits when this turn is over. */
  readonly later: (run: () => void) => void;
  /** Is told what an operator should know of. */
  readonly report?: (problem: string) => void;
}

export interface ClusterNode {
  readonly driver: Driver;
  /** A witness keeps no state to ask; its replica is there and stays empty. */
  readonly replica: Replica;
}

/** Puts a node together; `driver.start` sets it going. */
export function composeClusterNode({
  env,
  driver: options,
  replica,
  names,
  ...parts
}: ClusterNodeParts): ClusterNode {
  const stamp = (command: Uint8Array): void =>
    stampCommand(command, { wallMs: env.now(), monotonicMs: env.monotonic() });
  const driver = new Driver({ ...parts, env, stamp, options: { ...DRIVER_DEFAULTS, ...options } });
  const consensus = names ? new NamedConsensus(driver, names) : driver;
  return { driver, replica: new Replica(consensus, env, { ...REPLICA_DEFAULTS, ...replica }) };
}

export interface ClusterNodeOptions
  extends Omit<TlsTransportOptions, "id">, Pick<ClusterNodeParts, "driver" | "replica"> {
  /** Where the log lies; made when it is not there. */
  readonly directory: string;
  /** Gives the names by which the shared state knows the members, once this one's id is known. */
  readonly names?: (id: string) => MemberNames;
}

/** A node on this machine: its log is open, locked to this process, and its port is taken. */
export class RunningClusterNode implements ClusterNode {
  readonly driver: Driver;
  readonly replica: Replica;
  readonly port: number;
  readonly #log: RaftLog;
  readonly #transport: TlsTransport;
  readonly #unlock: () => Promise<void>;

  /** Opens a node. Throws CLUSTER_LOG_TAKEN, what openLog throws, and what node:tls and node:net throw. */
  static async open(options: ClusterNodeOptions): Promise<RunningClusterNode> {
    const unlock = await lockClusterLog(options.directory);
    try {
      const log = await openLog(options.directory);
      try {
        const transport = new TlsTransport({ ...options, id: log.node });
        const { port } = await transport.listen();
        const { names, ...parts } = options;
        const node = composeClusterNode({
          ...parts,
          ...(names && { names: names(log.node) }),
          log,
          transport,
          later: setImmediate,
        });
        return new RunningClusterNode(node, log, transport, port, unlock);
      } catch (error) {
        await log.close();
        throw error;
      }
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  private constructor(
    node: ClusterNode,
    log: RaftLog,
    transport: TlsTransport,
    port: number,
    unlock: () => Promise<void>,
  ) {
    this.driver = node.driver;
    this.replica = node.replica;
    this.port = port;
    this.#log = log;
    this.#transport = transport;
    this.#unlock = unlock;
    void this.driver.stopped.then(() => this.#unlock());
  }

  /** The id of the data directory, which is the member's for ever. */
  get id(): string {
    return this.driver.id;
  }

  /** Whether its log has never been part of any cluster. */
  get isEmpty(): boolean {
    return isEmptyLog(this.#log);
  }

  /** With whom its cluster was founded, while the log still knows. */
  get founders(): Founders | undefined {
    return foundersIn(this.#log);
  }

  /** Whether this node has a connection to a member. */
  connected(id: string): boolean {
    return this.#transport.connected(id);
  }

  /** The machine that a member to which this node has a connection has proven to be. */
  machineOf(id: string): string | undefined {
    return this.#transport.machineOf(id);
  }

  /** Joins in: as a founder when the log is empty and founders are named, else as what the log says. */
  async start(peers: AddressBook, founders?: Founders): Promise<void> {
    this.#transport.setPeers(peers);
    await this.driver.start(founders);
  }

  setPeers(peers: AddressBook): void {
    this.#transport.setPeers(peers);
  }

  /** Shows another certificate from the next connection on. */
  rotate(identity: Identity): void {
    this.#transport.rotate(identity);
  }

  async stop(): Promise<void> {
    await this.driver.stop();
    await this.driver.stopped;
  }
}
