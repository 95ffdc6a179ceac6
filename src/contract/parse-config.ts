import * as z from "zod";
import { FaultsError, type Fault } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";

export interface ConfigToParse<T> {
  readonly text: string;
  /** The name of the file, for the message. */
  readonly source: string;
  readonly schema: z.ZodType<T>;
  /** Of a configuration whose single values are sound: what no single key shows. */
  readonly crossFieldFaults: (config: T) => readonly Fault[];
}

/** Reads a node's configuration. Throws MAILNODE_CONFIG with every fault at once; passwords are never in it. */
export function parseConfig<T>({ text, source, schema, crossFieldFaults }: ConfigToParse<T>): T {
  const data = parseJson(text, source);
  const result = schema.safeParse(data);
  const faults = result.success
    ? crossFieldFaults(result.data)
    : result.error.issues.flatMap((issue) => faultsOf(schema, issue, data));
  if (faults.length > 0) throw new FaultsError("MAILNODE_CONFIG", source, faults);
  return result.data!;
}

/** Throws MAILNODE_CONFIG. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the text around the fault, which may be a password.
    const remedy = "let mbctl apply write it again";
    throw new FaultsError("MAILNODE_CONFIG", source, [{ path: "", rule: "must be JSON", remedy }]);
  }
}

function faultsOf(schema: z.ZodType, issue: z.core.$ZodIssue, data: unknown): readonly Fault[] {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path, data);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const remedy = near ? `did you mean ${JSON.stringify(near)}?` : `use one of ${known.join(", ")}`;
      return { path: path ? `${path}.${key}` : key, rule: "is not a known key", remedy };
    });
  }
  const remedy = "mend it in the cluster file and apply again";
  const value = at(data, issue.path);
  if (value === undefined) return [{ path, rule: "is missing", remedy }];
  const shown = typeof value === "object" || issue.path.at(-1) === "password" ? {} : { value };
  return [{ path, ...shown, rule: ruleOf(issue), remedy }];
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `must be ${article(issue.expected)}`;
  if (issue.code === "invalid_union" && "options" in issue && issue.options !== undefined)
    return `must be one of ${issue.options.map(String).join(", ")}`;
  return issue.message;
}

function at(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], data);
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

type ObjectType = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

/** The keys that the schema knows at a path of objects, lists, optional sections and choices. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], data: unknown): readonly string[] {
  let type: z.core.$ZodType = schema;
  path.forEach((key, depth) => {
    type = unwrap(type, at(data, path.slice(0, depth)));
    const { shape } = type as ObjectType;
    type = type instanceof z.ZodArray ? type.element : shape[String(key)]!;
  });
  const { shape } = unwrap(type, at(data, path)) as ObjectType;
  return Object.keys(shape).filter((key) => !key.startsWith("$"));
}

/** What stands behind "optional" and "by default", and of a choice the branch that the data took. */
function unwrap(type: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return unwrap(type.unwrap(), value);
  if (!(type instanceof z.ZodDiscriminatedUnion)) return type;
  const taken = (value as Record<string, unknown>)[type.def.discriminator];
  const branches = type.options as readonly ObjectType[];
  return branches.find(({ shape }) => shape[type.def.discriminator]!.safeParse(taken).success)!;
}
