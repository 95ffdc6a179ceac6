import type { StateEntryView, WrittenView } from "../../../contract/cluster-api.ts";
import type { Written } from "../../cluster/replicated-state.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import { fresh } from "./fresh.ts";
import { ok, type Call, type Handler, type Reply } from "./handler.ts";
import { ProblemError } from "./problem.ts";

export const getState: Handler<"getState"> = async (call) => {
  const { cluster, query, watchers } = call;
  const { key, consistency, waitMs } = query;
  await fresh(cluster, consistency);
  if (waitMs !== undefined) await watchers.run(() => changed(call, waitMs));
  return ok(entryOf(cluster, key));
};

export const putState: Handler<"putState"> = async ({ cluster, body, actor }) => {
  const { key, value, ttlMs, priority, level, expect } = body;
  const done = await cluster.state.set(key, Buffer.from(value, "base64"), {
    priority,
    level,
    mode: "synchronous",
    actor,
    ...(ttlMs !== undefined && { ttlMs }),
    ...(expect !== undefined && { expect }),
  });
  return writtenReply(done);
};

export const deleteState: Handler<"deleteState"> = async ({ cluster, query, actor }) => {
  const { key, level, expect } = query;
  const rules = { level, mode: "synchronous", actor, ...(expect !== undefined && { expect }) } as const;
  return writtenReply(await cluster.state.delete(key, rules));
};

function entryOf({ state, replica }: RunningCluster, key: string): StateEntryView {
  const record = state.getStale(key);
  if (!record) throw new ProblemError("not-found", `there is no key ${key}`, "name one that is there");
  const { value, version, priority, expiresAt } = record;
  return {
    key,
    value: Buffer.from(value).toString("base64"),
    version,
    priority,
    ...(expiresAt !== undefined && { expiresInMs: Math.max(0, expiresAt - replica.machine.now) }),
  };
}

/** Resolves once the key has another version than the one known, the time is over, or nobody waits any more. */
async function changed({ cluster, query, signal, env }: Call<"getState">, waitMs: number): Promise<void> {
  const { key, after = 0 } = query;
  const isOther = (): boolean => (cluster.state.getStale(key)?.version ?? 0) !== after;
  const over = new AbortController();
  const end = (): void => over.abort();
  const look = (): void => void (isOther() && end());
  const unwatch = cluster.state.watch(key, { changed: look, reset: look });
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  look();
  await env.sleep(waitMs, over.signal).catch(() => undefined);
  signal.removeEventListener("abort", end);
  unwatch();
}

function writtenReply(written: Written): Reply {
  const body: WrittenView = written;
  return { status: body.committed ? 200 : 202, body };
}
