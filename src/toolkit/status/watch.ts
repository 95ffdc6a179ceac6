import type { Env } from "../../support/env.ts";
import { changesSince, type Judged } from "./changes.ts";

/** What a person sees of a watched cluster at one moment. */
export interface Frame {
  readonly judged: Judged;
  /** Since the look began, in seconds. */
  readonly ageSeconds: number;
  /** The last changes, the newest first, each with the time of its look. */
  readonly changes: readonly Change[];
}

export interface Change {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface WatchOptions {
  readonly look: () => Promise<Judged>;
  /** Called for every look, and between them each second so that the age is right; not before the first look. */
  readonly show: (frame: Frame, isNew: boolean) => void;
  /** Between the end of a look and the next. */
  readonly intervalMs: number;
  readonly env: Env;
  /** Ends it, at once. */
  readonly signal: AbortSignal;
}

const TICK_MS = 1_000;
const KEPT_CHANGES = 10;

/** Looks again and again until it is told to end. Resolves with the last look; undefined when there was none. */
export async function watch({
  look,
  show,
  intervalMs,
  env,
  signal,
}: WatchOptions): Promise<Judged | undefined> {
  let last: Judged | undefined;
  let changes: readonly Change[] = [];
  const frame = (judged: Judged): Frame => ({
    judged,
    ageSeconds: Math.max(0, Math.round((env.now() - judged.status.at) / 1000)),
    changes,
  });
  /** Draws each second until `end` settles or the watch is told to end. */
  const meanwhile = async <T>(end: Promise<T>): Promise<T | undefined> => {
    for (;;) {
      const tick = env.sleep(TICK_MS, signal).then(
        () => "tick" as const,
        () => "over" as const,
      );
      const first = await Promise.race([end.then((value) => ({ value })), tick]);
      if (first === "over") return undefined;
      if (first !== "tick") return first.value;
      if (last) show(frame(last), false);
    }
  };
  while (!signal.aborted) {
    const judged = await meanwhile(look());
    if (judged === undefined) break;
    const found = last ? changesSince(last, judged) : [];
    changes = [...found.map((text) => ({ at: judged.status.at, text })), ...changes].slice(0, KEPT_CHANGES);
    last = judged;
    show(frame(judged), true);
    await meanwhile(env.sleep(intervalMs, signal).catch(() => undefined));
  }
  return last;
}
