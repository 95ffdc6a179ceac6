import type { Resolver } from "../../support/placeholder.ts";
import type { Answer, Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";

/** What machines are asked before anything is decided. */
export interface Survey {
  readonly machines: readonly string[];
  /** Reads only. */
  command(machine: string): Command;
  /** A machine that cannot be reached ends the run, with the reason; otherwise it has no answer. */
  readonly needsAll?: boolean;
  /** Of a survey that needs all: who may be silent all the same. */
  readonly canMiss?: readonly string[];
}

/** What a run will do, decided from what its survey found. */
export interface Plan {
  readonly phases: readonly Phase[];
  /** What a person should know before saying yes, a sentence each. */
  readonly notes?: readonly string[];
  /** The command to type afterwards. */
  readonly next?: string;
  /** For plans whose commands bear secrets or facts of a machine on their standard input. */
  readonly resolverOf?: (machine: string) => Resolver;
  /** On this computer, before the first step, and again when the run is resumed: keeps what must outlive it. */
  readonly before?: (event: "begins" | "resumed") => Promise<void>;
  /** On this computer, when every phase is finished. Safe to repeat: the run may die before that is noted. */
  readonly conclude?: () => Promise<void>;
}

/** A runbook bound to a cluster and its arguments: all that the engine needs of it. */
export interface Runnable {
  /** "drain". */
  readonly runbook: string;
  /** What was typed, for the lock, the journal and the audit log: "mbctl drain node-2". */
  readonly command: string;
  readonly cluster: string;
  /** As JSON can hold them; a resumed run is bound to the same ones. */
  readonly arguments: unknown;
  /** Hash of the topology. */
  readonly description: string;
  /** All machines of the cluster, in its order: those that bear lock and journal. */
  readonly machines: readonly string[];
  /** It may be typed again where it stopped: it looks at everything anew. */
  readonly isRepeatable: boolean;
  /** Of a repeatable one: once it has begun a step it is resumed or aborted, as it would take its own traces for another's. */
  readonly isResumedOnceBegun?: boolean;
  /** Whether it settles an unfinished run of the same runbook with these arguments. */
  supersedes(earlier: unknown): boolean;
  readonly survey: Survey;
  /**
   * Decides. The same answers must give the same phases: a resumed run plans again. Throws a UserError to refuse.
   * A machine that could not be asked has no answer.
   */
  plan(answers: ReadonlyMap<string, Answer>, run: RunIdentity): Plan | Promise<Plan>;
}

export interface RunIdentity {
  readonly id: string;
  /** When it began, in milliseconds since 1970; the same after it was resumed. */
  readonly at: number;
  /** Who began it; somebody else may resume it. */
  readonly operator: Operator;
}

export interface Operator {
  readonly user: string;
  readonly host: string;
}
