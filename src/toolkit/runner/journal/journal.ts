import type { Env } from "../../../support/env.ts";
import { UserError } from "../../../support/errors.ts";
import type { Transport } from "../../ssh/transport.ts";
import type { ClusterLock } from "../lock/cluster-lock.ts";
import { fenced, isFencedOff } from "../lock/fence.ts";
import { closeEnded } from "./close-ended.ts";
import { writeCommand } from "./commands.ts";
import type { JournalEntry, JournalEvent, Outcome } from "./entry.ts";
import { appendLocally, writeLocally } from "./local-copy.ts";
import { readRun, type RunRecord } from "./run-record.ts";

export interface JournalOptions {
  readonly run: string;
  /** The folder of all runs on the operator's machine. */
  readonly runs: string;
  readonly transport: Transport;
  readonly env: Env;
  /** Only where it is held may anything be written, and nowhere once it is lost: the run is another's then. */
  readonly lock: Pick<ClusterLock, "token" | "machines" | "lost" | "check" | "lose">;
}

/**
 * The journal of a run: on the operator's disk, and on every machine that bears its lock, so that somebody else can go
 * on with it when the operator's machine is gone.
 *
 * What is about to happen is written everywhere before it happens. What has happened travels with the next such
 * entry: were it lost, a step would be done once more, and steps are safe to repeat.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #entries: JournalEntry[];
  /** How many entries each machine has confirmed. One that was silent gets what it lacks with the next write. */
  readonly #confirmed = new Map<string, number>();
  #record: RunRecord | undefined;
  #local = 0;
  /** How many entries are on disk here and on a machine. */
  #safe = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: JournalOptions, earlier: readonly JournalEntry[] = []) {
    this.#options = options;
    this.#entries = [...earlier];
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** What the entries say; the first of them must be there. */
  get record(): RunRecord {
    return (this.#record ??= readRun(this.#entries)!);
  }

  /** Notes what happened; written with the next announcement. */
  note(event: JournalEvent): void {
    this.#record = undefined;
    this.#entries.push({ ...event, seq: this.#entries.length, at: this.#options.env.now() });
  }

  /** Notes what is about to happen and resolves when it is on disk here and on a machine. Throws JOURNAL_UNWRITTEN. */
  announce(event: JournalEvent): Promise<void> {
    this.note(event);
    return this.flush();
  }

  /**
   * Ends it, here and on the machines that answer; the others are told by the end of a later run. Throws LOCK_LOST where
   * somebody else may go on with it.
   */
  async end(outcome: Outcome): Promise<void> {
    const { runs, transport, lock } = this.#options;
    lock.check();
    await this.announce({ kind: "ended", outcome });
    await closeEnded(runs, lock, transport);
  }

  /** Writes what was noted. */
  flush(): Promise<void> {
    const count = this.#entries.length;
    // One write after the other: the lines of two would mix. What the one before has taken along is written.
    const write = this.#writing.then(() => (this.#safe < count ? this.#write() : undefined));
    this.#writing = write.catch(() => undefined);
    return write;
  }

  async #write(): Promise<void> {
    const { lock } = this.#options;
    const count = this.#entries.length;
    const chosen = lock.machines;
    const failures = (await Promise.all(chosen.map((machine) => this.#writeOn(machine, count)))).filter(
      (failure) => failure !== undefined,
    );
    // The copy here comes last: what only this computer has would hide from it how the run goes on elsewhere.
    if (lock.lost) throw lock.lost;
    const isNowhere = failures.length === chosen.length;
    if (!isNowhere || !this.#entries.some(({ kind }) => kind === "ended")) await this.#writeHere(count);
    if (isNowhere) throw unwritten(failures);
    this.#safe = count;
  }

  async #writeHere(count: number): Promise<void> {
    const { run, runs } = this.#options;
    await (this.#local === 0 ? writeLocally : appendLocally)(runs, run, this.#linesFrom(this.#local, count));
    this.#local = count;
  }

  /** Resolves to why it failed. */
  async #writeOn(machine: string, count: number): Promise<string | undefined> {
    const { run, transport, lock } = this.#options;
    const confirmed = this.#confirmed.get(machine) ?? 0;
    const command = writeCommand(run, this.#linesFrom(confirmed, count), confirmed === 0);
    try {
      const answer = await transport.run(machine, fenced(command, lock.token));
      if (isFencedOff(answer)) return lock.lose(machine).message;
      if (answer.code !== 0) return `${machine}: ${answer.stderr.trim() || `exit code ${answer.code}`}`;
      this.#confirmed.set(machine, count);
      return undefined;
    } catch (error) {
      return `${machine}: ${(error as Error).message}`;
    }
  }

  #linesFrom(from: number, to: number): string {
    return this.#entries
      .slice(from, to)
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join("");
  }
}

function unwritten(failures: readonly string[]): UserError {
  return new UserError(
    "JOURNAL_UNWRITTEN",
    `the journal of the run could not be written on any machine:\n${failures.map((line) => `    ${line}`).join("\n")}`,
    "mend that, then mbctl resume",
  );
}
