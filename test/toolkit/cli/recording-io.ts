import type { Io } from "../../../src/toolkit/cli/io.ts";

/** Nobody sits there who could answer, and what is printed is kept, an element for each call. */
export function recordingIo(environment: Io["environment"]): {
  readonly io: Io;
  readonly out: readonly string[];
  readonly err: readonly string[];
} {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    isInteractive: false,
    environment,
  };
  return { io, out, err };
}
