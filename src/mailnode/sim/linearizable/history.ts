/** What clients asked of a register, and what they were told; the order of the list is the order of real time. */
export type Event =
  | { readonly type: "call"; readonly operation: number; readonly input: Input }
  | { readonly type: "return"; readonly operation: number; readonly output: Output };

export type Input =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: string }
  /** Puts a text behind the one that is there; behind nothing, it is all there is. */
  | { readonly kind: "append"; readonly value: string }
  | { readonly kind: "compareAndSet"; readonly from: string | undefined; readonly to: string };

/** `unknown` for what may be done now, later or never; what was refused for certain is in no history. */
export type Output =
  | { readonly kind: "value"; readonly value: string | undefined }
  | { readonly kind: "done" }
  /** A compare-and-set that found another value. */
  | { readonly kind: "mismatch" }
  | { readonly kind: "unknown" };

/** Writes histories down, one for each key. */
export class Recorder {
  readonly #histories = new Map<string, Event[]>();
  #operations = 0;

  get histories(): ReadonlyMap<string, readonly Event[]> {
    return this.#histories;
  }

  /**
   * Records one operation. What `work` throws is asked of `verdict`: undefined when the operation certainly had no
   * effect, and then it is as if it had not been.
   */
  async run(
    key: string,
    input: Input,
    work: () => Promise<Output>,
    verdict: (error: unknown) => Output | undefined,
  ): Promise<Output | undefined> {
    const events = this.#histories.get(key) ?? [];
    this.#histories.set(key, events);
    const operation = this.#operations++;
    events.push({ type: "call", operation, input });
    let output: Output | undefined;
    try {
      output = await work();
    } catch (error) {
      output = verdict(error);
    }
    // A read that failed tells nothing, whatever became of it.
    if (output === undefined || (input.kind === "read" && output.kind === "unknown"))
      events.splice(0, events.length, ...events.filter((event) => event.operation !== operation));
    else if (output.kind !== "unknown") events.push({ type: "return", operation, output });
    return output;
  }
}
