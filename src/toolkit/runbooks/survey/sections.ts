/** The parts of an answer whose beginnings are lines "@name"; the text of one that is not there is "". */
export function sections(text: string): (name: string) => string {
  const parts = new Map<string, string>();
  for (const part of text.split(/^@/m).slice(1)) {
    const end = part.indexOf("\n");
    parts.set(part.slice(0, end), part.slice(end + 1));
  }
  return (name) => parts.get(name) ?? "";
}

export function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
