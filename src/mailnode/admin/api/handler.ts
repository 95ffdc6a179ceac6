import type { BodyOf, OperationId, QueryOf } from "../../../contract/api-operations.ts";
import type { Env } from "../../../support/env.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import type { Watchers } from "./watchers.ts";

/** A request that was read, proved and found to keep the rules. */
export interface Call<Id extends OperationId> {
  readonly cluster: RunningCluster;
  readonly query: QueryOf<Id>;
  readonly body: BodyOf<Id>;
  /** For the audit log. */
  readonly actor: string;
  /** Aborted when the one who asked is gone. */
  readonly signal: AbortSignal;
  readonly watchers: Watchers;
  readonly env: Env;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Does what is asked. Throws ProblemError, or anything that problemOf knows. */
export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<Reply>;

export function ok(body: unknown): Reply {
  return { status: 200, body };
}
