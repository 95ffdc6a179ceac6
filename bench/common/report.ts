/** One line on the standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The end of a run: its tables, what is missing in them, and the verdict. Exit code 1 when something is missing. */
export function printReport(tables: string, missed: readonly string[], verdict: string): void {
  print(`\n${tables}\n`);
  for (const line of missed) print(line);
  print(verdict + (missed.length > 0 ? `; NOT COMPLETE, ${missed.length} things are missing` : ""));
  process.exitCode = missed.length > 0 ? 1 : 0;
}
