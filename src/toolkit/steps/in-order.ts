/**
 * Answers in the order of the machines that were asked, whichever answered first: what is decided from them must come
 * out the same each time. A machine without an answer is left out.
 */
export function inOrder<T>(
  machines: readonly string[],
  answers: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  return new Map(
    machines.filter((machine) => answers.has(machine)).map((machine) => [machine, answers.get(machine)!]),
  );
}
