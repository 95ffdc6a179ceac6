/** Why a run ends early: Ctrl-C, SIGTERM or an error. What was measured until then is kept. */
export class Interruption {
  /** Undefined while nothing ends the run. */
  endedBy: string | undefined;
  readonly #stop = (): void => void (this.endedBy ??= "Ctrl-C");

  /** From now until the release, the signals no longer end the process. */
  constructor() {
    process.on("SIGINT", this.#stop).on("SIGTERM", this.#stop);
  }

  /** The error is the reason, whatever came before. */
  fail(error: unknown): void {
    this.endedBy = error instanceof Error ? error.message : String(error);
  }

  release(): void {
    process.off("SIGINT", this.#stop).off("SIGTERM", this.#stop);
  }
}
