import type { ClusterState, NodeState } from "../../contract/states.ts";
import type { Env } from "../../support/env.ts";
import type { CommandOf } from "../state/command.ts";
import type { NodeRecord } from "../state/nodes.ts";
import { agentAnswer } from "./agent-answer.ts";
import { weightsOf, type BalancedNode, type Balancing } from "./balancing.ts";
import { countedReports } from "./counted-reports.ts";
import { seenNodeState } from "./node-state.ts";
import type { Replica } from "./replica.ts";

export type NodeReport = Omit<CommandOf<"node.report">, "type" | "node">;

export interface ClusterNode {
  readonly id: string;
  readonly state: NodeState;
  readonly record: NodeRecord;
}

export interface ClusterHealth {
  readonly status: ClusterState;
  readonly healthyNodes: number;
  readonly totalNodes: number;
}

/** The cluster's nodes as this node knows them, and this node's word in it. */
export class Registry {
  readonly #replica: Replica;
  readonly #env: Env;
  readonly #failureDetectionMs: number;

  /** @param failureDetectionMs silence after which a node is failed */
  constructor(replica: Replica, env: Env, failureDetectionMs = 10_000) {
    this.#replica = replica;
    this.#env = env;
    this.#failureDetectionMs = failureDetectionMs;
  }

  /** Sorted by name; see countedReports. */
  nodes(): readonly ClusterNode[] {
    const { machine } = this.#replica;
    return countedReports(this.#replica).map(([id, record]) => ({
      id,
      record,
      state: seenNodeState(
        {
          reported: record.state,
          sinceReportMs: machine.now - record.reportedAt,
          maintenance: machine.maintenances.get(id)?.phase,
        },
        this.#failureDetectionMs,
      ),
    }));
  }

  /** Names of the nodes that take sessions. */
  serving(): readonly string[] {
    return this.nodes()
      .filter(({ state }) => state === "active")
      .map(({ id }) => id);
  }

  /** @param status of the cluster; see clusterState */
  health(status: ClusterState): ClusterHealth {
    const nodes = this.nodes();
    const healthyNodes = nodes.filter(({ state }) => state === "active").length;
    return { status, healthyNodes, totalNodes: nodes.length };
  }

  /**
   * What a node answers to HAProxy's agent-check; see agentAnswer. A node that is not in the registry yet is joining.
   *
   * @param maxPerPort connections that a balancer may have open to one of its ports; 0: as many as come
   */
  agentAnswer(node: string, balancing: Balancing, maxPerPort: number): string {
    const nodes = this.nodes();
    const own = nodes.find(({ id }) => id === node);
    if (!own) return agentAnswer("joining", 0, maxPerPort);
    const weights = weightsOf(balancing, nodes.filter(({ state }) => state === "active").map(balanced));
    return agentAnswer(own.state, weights.get(node) ?? 0, maxPerPort);
  }

  /** Reports this node's state at an interval until the signal ends it; a report that is lost is followed by the next. */
  async keepReporting(intervalMs: number, report: () => NodeReport, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.report(report()).catch(() => undefined);
      await this.#env.sleep(intervalMs, signal).catch(() => undefined);
    }
  }

  /** Throws like Replica.perform. */
  async report(report: NodeReport): Promise<void> {
    await this.#replica.perform<"node.report">({ type: "node.report", node: this.#replica.id, ...report });
  }
}

function balanced({ id, record }: ClusterNode): BalancedNode {
  const { sessions, maxSessions, weight, load } = record;
  return { node: id, sessions, maxSessions, weight, load };
}
