/**
 * What a person did, or met, that stops the work: printed as one sentence and a remedy, never with a stack.
 *
 * The code is stable and listed in docs/errors.md, so that scripts and search engines find it.
 */
export class UserError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "UserError";
    this.code = code;
    this.remedy = remedy;
  }
}

/** One fault of a description: where it is, what stands there, which rule it breaks and what to do. */
export interface Fault {
  /** Dotted path in the description, "machines.node-1.address"; "" for the whole. */
  readonly path: string;
  /** The value as it was read; undefined when the fault is that nothing is there. */
  readonly value?: unknown;
  readonly rule: string;
  readonly remedy: string;
}

/** All faults of a description at once: a person mends a file once, not once per fault. */
export class FaultsError extends UserError {
  readonly faults: readonly Fault[];

  constructor(code: string, source: string, faults: readonly Fault[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super(
      code,
      `${source} has ${count}:\n${faults.map(describeFault).join("\n")}`,
      "mend the lines above and run the command again",
    );
    this.name = "FaultsError";
    this.faults = faults;
  }
}

/** A fault as one line. */
export function describeFault(fault: Fault): string {
  const value = fault.value === undefined ? "" : ` is ${JSON.stringify(fault.value)}`;
  return `  ${fault.path || "(the whole file)"}${value}: ${fault.rule}; ${fault.remedy}`;
}
