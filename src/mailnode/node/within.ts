import type { Env } from "../../support/env.ts";

/** Waits for work, but not for longer than `limitMs`; what becomes of it is not asked. */
export async function within(work: Promise<unknown>, limitMs: number, env: Env): Promise<void> {
  const limit = new AbortController();
  const over = env.sleep(limitMs, limit.signal).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), over]);
  limit.abort();
}
