import { LineCounter, parseDocument } from "yaml";
import { UserError } from "../../support/errors.ts";

/**
 * The data of a YAML text. Throws YAML_UNREADABLE with line and column, duplicate keys included: two machines
 * of one name must not silently become one.
 */
export function parseYaml(text: string, source: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new UserError(
      "YAML_UNREADABLE",
      `${source}:${line}:${col}: ${error.message}`,
      "mend the file at that line and column",
      { cause: error },
    );
  }
  return document.toJS({ maxAliasCount: 100 });
}
