/**
 * Scenarios as documents: prose, commands that start with "> ", and below each command, indented by two spaces,
 * what the cores then said and did. Playing a document gives the same document, or the difference is the failure.
 */
import { Stage } from "./stage.ts";

/** The document with the output that its commands have today. */
export function play(document: string): string {
  const stage = new Stage();
  const lines: string[] = [];
  for (const line of document.split("\n")) {
    if (line.startsWith("  ")) continue;
    lines.push(line);
    if (line.startsWith("> ")) lines.push(...stage.run(line.slice(2)).map((output) => `  ${output}`));
  }
  return lines.join("\n");
}
