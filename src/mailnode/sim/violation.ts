/** A rule that a simulated cluster broke. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.name = "Violation";
    this.rule = rule;
  }
}

/** The rule that was broken, or whatever else stopped a node. */
export function ruleOf(failure: Error): string {
  if (failure instanceof Violation) return failure.rule;
  return "code" in failure ? String(failure.code) : failure.name;
}
