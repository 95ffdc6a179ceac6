import * as z from "zod";
import { FaultsError, type Fault } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import { rules } from "./rules.ts";
import { clusterSchema, type ClusterInput, type ClusterSpec } from "./schema.ts";

/**
 * Reads a description and fills in its defaults.
 *
 * `source` names it in messages ("cluster.yaml"). Throws SPEC_INVALID with every fault at once: first of single
 * values, then, when those are sound, of rules across sections.
 */
export function parseCluster(input: unknown, source: string): ClusterSpec {
  const result = clusterSchema.safeParse(input, { reportInput: true });
  if (!result.success)
    throw new FaultsError(
      "SPEC_INVALID",
      source,
      result.error.issues.flatMap((issue) => faultsOf(issue, input)),
    );
  const faults = rules.flatMap((rule) => rule(result.data));
  if (faults.length > 0) throw new FaultsError("SPEC_INVALID", source, faults);
  return result.data;
}

/** The same for a description written in TypeScript: the compiler has seen its keys, the rules see its values. */
export function defineCluster(input: ClusterInput): ClusterSpec {
  return parseCluster(input, `cluster ${JSON.stringify(input.name)}`);
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): readonly Fault[] {
  const path = formatPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => ({
      path: path ? `${path}.${key}` : key,
      rule: "is no key of a cluster",
      remedy: remedyForKey(key, known),
    }));
  }
  if (issue.code === "invalid_key") {
    return [{ path, rule: issue.issues[0]?.message ?? issue.message, remedy: "rename it" }];
  }
  const value = valueAt(input, issue.path);
  if (value === undefined)
    return [{ path, rule: "is missing", remedy: "add it; docs/reference/cluster.md describes every key" }];
  return [{ path, value, rule: ruleOf(issue), remedy: remedyFor(issue, value) }];
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value")
    return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
  if (issue.code === "invalid_type") return `must be of type ${issue.expected}`;
  return issue.message;
}

function remedyFor(issue: z.core.$ZodIssue, value: unknown): string {
  const near =
    issue.code === "invalid_value" && typeof value === "string"
      ? nearest(value, issue.values.map(String))
      : undefined;
  return near ? `did you mean ${JSON.stringify(near)}?` : "correct the value";
}

function remedyForKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near ? `did you mean ${JSON.stringify(near)}?` : `known keys here: ${known.join(", ")}`;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${String(part)}`))
    .join("");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}

/** The keys that the schema knows at `path`: down through defaults, optionals and records. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: z.core.$ZodType = clusterSchema;
  for (const key of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) schema = (inner.shape as Record<string, z.core.$ZodType>)[String(key)]!;
    else if (inner instanceof z.ZodRecord) schema = inner.valueType;
    else return [];
  }
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrap(schema.def.innerType);
  return schema;
}
