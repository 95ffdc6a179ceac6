import type { NodeState } from "../../contract/states.ts";
import type { NodeReport } from "../cluster/registry.ts";
import type { MaintenanceRecord } from "../state/maintenance.ts";
import type { MemberConfig, MemberService } from "./cluster-member-options.ts";

export interface OwnReportParts {
  /** The id of the node's data directory. */
  readonly member: string;
  readonly config: Pick<MemberConfig, "weight" | "region">;
  readonly service: MemberService;
  readonly state: () => NodeState;
  /** The cluster's mark on this node, if it has one. */
  readonly mark: () => MaintenanceRecord | undefined;
  /** The version of each configuration document that the node works by. */
  readonly documents: () => Readonly<Record<string, number>>;
}

/** What a node tells the cluster of itself, again and again. */
export class OwnReport {
  readonly #parts: OwnReportParts;

  constructor(parts: OwnReportParts) {
    this.#parts = parts;
  }

  make(): NodeReport {
    const { member, config, service, state, documents } = this.#parts;
    const { gate, maxSessions, endpoints } = service;
    const sessions = gate.count();
    return {
      member,
      state: state(),
      load: maxSessions > 0 ? Math.min(1, sessions / maxSessions) : 0,
      sessions,
      maxSessions,
      weight: config.weight,
      ...(config.region !== undefined && { region: config.region }),
      roles: ["mail"],
      endpoints: [...endpoints],
      documents: documents(),
    };
  }

  /** By the cluster's mark, or by one on this machine: then it drains for as long as sessions are open. */
  outOfService(): "draining" | "maintenance" | undefined {
    const { service, mark } = this.#parts;
    const marked = mark()?.phase;
    if (marked !== undefined || !service.isDrained()) return marked;
    return service.gate.count() > 0 ? "draining" : "maintenance";
  }
}
