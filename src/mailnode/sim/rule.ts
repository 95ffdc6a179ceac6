/** A rule of Raft that must hold after every event, and what a rule is told. A rule that is broken throws a Violation. */
import type { Message } from "../raft/core/messages.ts";
import type { RaftStatus } from "../raft/core/status.ts";
import type { LogAppend } from "../raft/log/raft-log.ts";
import type { StateEntry } from "../state/machine.ts";
import type { Process } from "./process.ts";

/** A core as it was after the last event of its process, and as it is after this one. */
export interface Step {
  readonly process: Process;
  /** Undefined after the first event of a process. */
  readonly before: RaftStatus | undefined;
  readonly after: RaftStatus;
}

export interface Rule {
  /** The log was told to append; `before` is where it ended until then. */
  appended?(process: Process, what: LogAppend, before: number): void;
  applied?(process: Process, entry: StateEntry): void;
  /** A snapshot took the place of the state. */
  restored?(process: Process): void;
  /** The state after its last applied entry, in bytes. */
  snapshot?(process: Process, bytes: Uint8Array): void;
  sent?(process: Process, message: Message): void;
  /** A message went into a core; `before` is the core as it was. */
  taken?(process: Process, message: Message, before: RaftStatus | undefined): void;
  observed?(step: Step): void;
}
