import type { Event, Input, Output } from "./history.ts";

interface Operation {
  readonly input: Input;
  /** Undefined: it was not answered, and may take effect at any time after its call, or never. */
  readonly output: Output | undefined;
}

interface Node {
  /** Undefined at the head alone. */
  readonly event: Event | undefined;
  readonly operation: number;
  previous: Node | undefined;
  next: Node | undefined;
  /** Of a call: its return, if there is one. */
  match: Node | undefined;
}

/** What a sequential register answers, and what it is then; undefined when it would not answer that. */
function step(
  value: string | undefined,
  { input, output }: Operation,
): { readonly value: string | undefined } | undefined {
  switch (input.kind) {
    case "read":
      return output?.kind === "value" && output.value === value ? { value } : undefined;
    case "write":
      return { value: input.value };
    case "append":
      return { value: (value ?? "") + input.value };
    case "compareAndSet": {
      const matches = value === input.from;
      if (output?.kind === "done") return matches ? { value: input.to } : undefined;
      if (output?.kind === "mismatch") return matches ? undefined : { value };
      return { value: matches ? input.to : value };
    }
  }
}

/**
 * Whether there is an order of the operations of one register, empty in the beginning, that respects real time and
 * explains every answer (Wing and Gong 1993, with the memory of Lowe 2017: a set of operations done and a value that
 * were tried before are not tried again).
 */
export function isLinearizable(history: readonly Event[]): boolean {
  const operations = operationsOf(history);
  const head = listOf(history);
  const answered = history.filter(({ type }) => type === "return").length;
  const tried = new Set<string>();
  const path: { readonly call: Node; readonly before: string | undefined }[] = [];
  let bits = 0n;
  let value: string | undefined;
  let left = answered;
  let at = head.next;
  // Calls that were never answered need not be explained.
  while (left > 0) {
    const event = at?.event;
    if (at !== undefined && event?.type === "call") {
      const operation = operations.get(at.operation)!;
      const after = step(value, operation);
      const nextBits = bits | (1n << BigInt(at.operation));
      const seen = after && `${nextBits.toString(36)} ${JSON.stringify(after.value ?? null)}`;
      if (after !== undefined && !tried.has(seen!)) {
        tried.add(seen!);
        path.push({ call: at, before: value });
        bits = nextBits;
        value = after.value;
        if (at.match !== undefined) left--;
        lift(at);
        at = head.next;
        continue;
      }
      at = at.next;
      continue;
    }
    // The return of something that is not done yet, or the end: what was done last was done too early.
    const last = path.pop();
    if (last === undefined) return false;
    bits &= ~(1n << BigInt(last.call.operation));
    value = last.before;
    if (last.call.match !== undefined) left++;
    unlift(last.call);
    at = last.call.next;
  }
  return true;
}

/** The operations, numbered by their place in the history. */
function operationsOf(history: readonly Event[]): Map<number, Operation> {
  const outputs = new Map<number, Output>();
  for (const event of history) if (event.type === "return") outputs.set(event.operation, event.output);
  const operations = new Map<number, Operation>();
  for (const event of history) {
    if (event.type === "call")
      operations.set(placeOf(history, event.operation), {
        input: event.input,
        output: outputs.get(event.operation),
      });
  }
  return operations;
}

const places = new WeakMap<readonly Event[], Map<number, number>>();

/** Small numbers for a history's operations, so that a set of them is a small number too. */
function placeOf(history: readonly Event[], operation: number): number {
  let map = places.get(history);
  if (map === undefined) {
    map = new Map();
    for (const event of history) if (event.type === "call") map.set(event.operation, map.size);
    places.set(history, map);
  }
  return map.get(operation)!;
}

function listOf(history: readonly Event[]): Node {
  const head: Node = {
    event: undefined,
    operation: -1,
    previous: undefined,
    next: undefined,
    match: undefined,
  };
  const calls = new Map<number, Node>();
  let last = head;
  for (const event of history) {
    const operation = placeOf(history, event.operation);
    const node: Node = { event, operation, previous: last, next: undefined, match: undefined };
    if (event.type === "call") calls.set(operation, node);
    else calls.get(operation)!.match = node;
    last.next = node;
    last = node;
  }
  return head;
}

/** Takes a call and its return out of the list. */
function lift(call: Node): void {
  for (const node of [call, call.match]) {
    if (node === undefined) continue;
    node.previous!.next = node.next;
    if (node.next !== undefined) node.next.previous = node.previous;
  }
}

/** Puts them back, in the reverse order. */
function unlift(call: Node): void {
  for (const node of [call.match, call]) {
    if (node === undefined) continue;
    node.previous!.next = node;
    if (node.next !== undefined) node.next.previous = node;
  }
}
