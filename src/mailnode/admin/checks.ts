import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import type { CheckOutcome } from "../../contract/health.ts";
import type { MailNodeConfig } from "../../contract/mailnode-config.ts";
import type { Env } from "../../support/env.ts";

/** A question about something the node needs. Never rejects. */
export type Check = () => Promise<CheckOutcome>;

type Checks = MailNodeConfig["checks"];

/**
 * Makes a check of a question that may fail or hang: "failed" with the error's code, or after `timeoutMs`.
 *
 * The code alone, as a server's message may quote user names and addresses, and /health is open to many.
 */
export function check(
  timeoutMs: number,
  env: Env,
  question: (signal: AbortSignal) => Promise<unknown>,
): Check {
  return async () => {
    const limit = new AbortController();
    const late = env.sleep(timeoutMs, limit.signal).then(
      (): CheckOutcome => ({ status: "failed", reason: `no answer in ${timeoutMs} ms` }),
      (): CheckOutcome => ({ status: "ok" }),
    );
    const answer = question(limit.signal).then((): CheckOutcome => ({ status: "ok" }), failed);
    const outcome = await Promise.race([answer, late]);
    limit.abort();
    return outcome;
  };
}

function failed(error: unknown): CheckOutcome {
  const { code, name, message } = error as { code?: string | number; name?: string; message?: string };
  // Redis begins each of its errors with a word for it, "WRONGPASS".
  const word = name === "ReplyError" ? /^[A-Z]+\b/.exec(message ?? "")?.[0] : undefined;
  return { status: "failed", reason: String(code ?? word ?? name ?? "unknown error") };
}

/** Whether a new connection to the database answers SELECT 1: what a node that works would need next. */
export function databaseCheck(config: NonNullable<Checks["database"]>, timeoutMs: number, env: Env): Check {
  const { host, port, user, password, name } = config;
  return check(timeoutMs, env, async (signal) => {
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      database: name,
      connectTimeout: timeoutMs,
    });
    try {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => connection.destroy());
      await connection.query("SELECT 1");
    } finally {
      connection.destroy();
    }
  });
}

/** Whether a new connection to Redis, logged in, answers PING. */
export function redisCheck(config: NonNullable<Checks["redis"]>, timeoutMs: number, env: Env): Check {
  return check(timeoutMs, env, async (signal) => {
    const redis = new Redis({
      ...config,
      lazyConnect: true,
      enableOfflineQueue: false,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    let cause: unknown;
    // Without a listener ioredis prints; and connect() itself only says "Connection is closed."
    redis.on("error", (error) => (cause = error));
    signal.addEventListener("abort", () => redis.disconnect());
    try {
      await redis.connect();
      await redis.ping();
    } catch (error) {
      throw cause ?? error;
    }
  });
}
