/**
 * Splits what a script printed under headings of its own, lines of the form "@name". What stands under a name that is
 * not there is "".
 */
export function sections(text: string): (name: string) => string {
  const parts = new Map<string, string>();
  for (const part of text.split(/^@(?=[a-z-]+$)/m).slice(1)) {
    const end = part.indexOf("\n");
    parts.set(end < 0 ? part : part.slice(0, end), end < 0 ? "" : part.slice(end + 1));
  }
  return (name) => parts.get(name) ?? "";
}
