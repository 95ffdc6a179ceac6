import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { ProblemError } from "./problem.ts";

/** A value of 1 MiB in base64, and what stands around it. */
export const MAX_BODY_BYTES = 1_500_000;

/** The query of a request by the operation's rules. Throws ProblemError with every fault. */
export function readQuery<Schema extends z.ZodType>(search: string, schema: Schema): z.output<Schema> {
  const entries = [...new URLSearchParams(search)];
  const names = entries.map(([name]) => name);
  const faults = names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => ({ path: name, rule: "must be given once" }));
  // The coercion to a number would take nothing for 0.
  for (const [name, value] of entries)
    if (value === "") faults.push({ path: name, rule: "must not be empty" });
  if (faults.length > 0) throw invalid(faults);
  return checked(Object.fromEntries(entries), schema);
}

/** The body of a request, as JSON by the operation's rules. Throws ProblemError. */
export async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json *(;|$)/i.test(type))
    throw new ProblemError(
      "unsupported-media-type",
      "a body must be JSON",
      "send Content-Type: application/json",
    );
  const bytes = await collect(request);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ProblemError("malformed", "the body is not JSON in UTF-8", "mend it");
  }
  return checked(value, schema);
}

/** What is beyond the limit is thrown away as it comes: who sends it can still read the answer. */
function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let pieces: Buffer[] = [];
    let length = 0;
    request.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length <= MAX_BODY_BYTES) return void pieces.push(piece);
      pieces = [];
      reject(
        new ProblemError("too-large", `a body is at most ${MAX_BODY_BYTES} bytes`, "write less at a time"),
      );
    });
    request.on("end", () => resolve(Buffer.concat(pieces)));
    request.on("close", () => reject(new ProblemError("malformed", "the body has no end", "send it again")));
  });
}

function checked<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ path: [...issue.path, key].join("."), rule: "is not a known key" }))
        : [{ path: issue.path.join("."), rule: issue.message }],
    ),
  );
}

/** Of a request with thousands of faults nobody reads all. */
const MAX_FAULTS = 20;

function invalid(faults: readonly { readonly path: string; readonly rule: string }[]): ProblemError {
  const told = faults.slice(0, MAX_FAULTS).map(({ path, rule }) => ({ path: path.slice(0, 100), rule }));
  const first = told[0]!;
  return new ProblemError(
    "invalid",
    `${first.path || "the body"}: ${first.rule}`,
    "mend what `faults` lists",
    {
      faults: told,
    },
  );
}
