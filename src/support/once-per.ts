import type { Env } from "./env.ts";

/**
 * Wraps a question so that many callers cost one answer: those who ask while it is asked share it, and an
 * answer is given again until it is `keepMs` old. The question must not reject.
 */
export function oncePer<T>(
  keepMs: number,
  env: Pick<Env, "monotonic">,
  question: () => Promise<T>,
): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; until: number } | undefined;
  return () => {
    if (!kept || env.monotonic() >= kept.until) {
      const asked = { answer: question(), until: Infinity };
      void asked.answer.then(() => (asked.until = env.monotonic() + keepMs));
      kept = asked;
    }
    return kept.answer;
  };
}
