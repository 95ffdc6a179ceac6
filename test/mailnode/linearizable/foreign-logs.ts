/**
 * What the checker says of logs that other programs wrote, to be compared with what is known of them:
 *
 *     node test/mailnode/linearizable/foreign-logs.ts FOLDER
 *
 * Every file below FOLDER that holds lines of Jepsen (one register, `INFO jepsen.util - 3 :invoke :cas [1 2]`) or of a
 * key-value log (`{:process 3, :type :invoke, :f :append, :key "1", :value "x"}`) becomes a line: name and verdict.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isLinearizable } from "./checker.ts";
import type { Event, Input, Output } from "./history.ts";

const JEPSEN = /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(\S.*)$/;
const KEY_VALUE = /^\{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*?)", :value (?:"(.*)"|nil)\}$/;

/** A line of either kind. */
interface Line {
  readonly client: string;
  readonly type: string;
  readonly key: string;
  readonly input: Input;
  /** Of the line that answers. */
  readonly output: Output;
}

function read(line: string): Line | undefined {
  const jepsen = JEPSEN.exec(line);
  if (jepsen !== null) return register(jepsen.slice(1) as [string, string, string, string]);
  const keyed = KEY_VALUE.exec(line);
  if (keyed === null) return undefined;
  const [, client, type, operation, key, value = ""] = keyed as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  const writing = operation === "put" ? "write" : "append";
  const input: Input = operation === "get" ? { kind: "read" } : { kind: writing, value };
  // There, a key that is not there reads as an empty text.
  const output: Output =
    operation === "get" ? { kind: "value", value: value || undefined } : { kind: "done" };
  return { client, type, key, input, output };
}

function register([client, type, operation, value]: [string, string, string, string]): Line {
  const about = { client, type, key: "" };
  if (operation === "write") return { ...about, input: { kind: "write", value }, output: { kind: "done" } };
  if (operation === "cas") {
    const [from, to] = value.replace(/[[\]]/g, "").split(/\s+/) as [string, string];
    const output: Output = { kind: type === "fail" ? "mismatch" : "done" };
    return { ...about, input: { kind: "compareAndSet", from, to }, output };
  }
  // A read that failed says nothing.
  if (type === "fail") return { ...about, input: { kind: "read" }, output: { kind: "unknown" } };
  return {
    ...about,
    input: { kind: "read" },
    output: { kind: "value", value: value === "nil" ? undefined : value },
  };
}

/** One history for each key. What was never answered stays open, and a read of which nothing is known is left out. */
function historiesOf(text: string): readonly (readonly Event[])[] {
  const histories = new Map<string, Event[]>();
  const open = new Map<string, { readonly operation: number; readonly line: Line }>();
  let operations = 0;
  for (const line of text.split("\n").flatMap((each) => read(each.trim()) ?? [])) {
    const events = histories.get(line.key) ?? [];
    histories.set(line.key, events);
    if (line.type === "invoke") {
      const operation = operations++;
      open.set(line.client, { operation, line });
      events.push({ type: "call", operation, input: line.input });
    } else if (line.type !== "info" && line.output.kind !== "unknown") {
      events.push({ type: "return", operation: open.get(line.client)!.operation, output: line.output });
      open.delete(line.client);
    }
  }
  const all = [...histories.values()].map((events) => {
    const answered = new Set(events.flatMap(({ type, operation }) => (type === "return" ? [operation] : [])));
    return events.filter(
      (event) => event.type === "return" || event.input.kind !== "read" || answered.has(event.operation),
    );
  });
  // The short ones first: one without an order is enough, and to find that out of a long one can take hours.
  return all.toSorted((a, b) => a.length - b.length);
}

for (const { name, parentPath } of readdirSync(process.argv[2]!, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .toSorted((a, b) => a.name.localeCompare(b.name))) {
  const histories = historiesOf(readFileSync(join(parentPath, name), "utf8"));
  if (histories.length === 0) continue;
  process.stdout.write(`${name} ${histories.every(isLinearizable) ? "linearizable" : "not linearizable"}\n`);
}
