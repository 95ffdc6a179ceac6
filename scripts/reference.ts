import { globSync, readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { clusterSchema } from "../src/toolkit/spec/schema.ts";
import { statusDocumentSchema } from "../src/toolkit/status/document.ts";
import { doctorDocumentSchema } from "../src/toolkit/status/doctor/report.ts";
import { openApiJson } from "./openapi.ts";
import { withSteps } from "./runbook-steps.ts";

/*
 * Writes docs/reference/cluster.md and cluster.schema.json from the schema of a cluster, and the schemas of what status
 * and doctor print with --json; the OpenAPI file of a mail node; and the steps of every runbook into its page. With
 * --check it only compares, and fails where they are behind.
 */

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
}

export function schemaJson(): string {
  const schema = z.toJSONSchema(clusterSchema, { io: "input" });
  return `${JSON.stringify({ ...schema, title: "A mail cluster, as mailbastion reads it" }, null, 2)}\n`;
}

/** The JSON Schema of a document that a command prints. */
const printed = (schema: z.ZodType, title: string) => (): string =>
  `${JSON.stringify({ ...z.toJSONSchema(schema), title }, null, 2)}\n`;

export function referencePage(): string {
  const root = JSON.parse(schemaJson()) as Node;
  return [
    "# The description of a cluster",
    "",
    "Made from the schema by `npm run reference`; change the schema, not this page. What is not marked as required has a",
    "default. Durations are written with their unit (`500ms`, `2s`, `15m`, `1h`, `5d`), sizes as `64KiB`, `25MiB`, `1GiB`.",
    "An editor that knows YAML completes and checks with [cluster.schema.json](cluster.schema.json).",
    "",
    "| key | values | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows(root, ""),
    "",
  ].join("\n");
}

function rows(node: Node, path: string): readonly string[] {
  const properties = [node, ...(node.oneOf ?? [])].reduce(merge, new Map<string, Node>());
  const record =
    typeof node.additionalProperties === "object" ? [["<name>", node.additionalProperties] as const] : [];
  return [...properties, ...record].flatMap(([key, child]) => {
    const at = path ? `${path}.${key}` : key;
    const isSection =
      child.properties !== undefined ||
      child.oneOf !== undefined ||
      typeof child.additionalProperties === "object";
    const inner = rows(child, at);
    if (isSection && child.description === undefined) return inner;
    const isRequired = node.required?.includes(key) && child.default === undefined;
    const fallback =
      child.default === undefined || isSection
        ? isRequired
          ? "required"
          : ""
        : `\`${JSON.stringify(child.default)}\``;
    return [`| \`${at}\` | ${values(child)} | ${fallback} | ${child.description ?? ""} |`, ...inner];
  });
}

/** A key that several variants have takes the values of all of them. */
function merge(merged: Map<string, Node>, { properties = {} }: Node): Map<string, Node> {
  for (const [key, child] of Object.entries(properties)) {
    const earlier = merged.get(key);
    merged.set(key, earlier ? { ...child, anyOf: [earlier, child] } : child);
  }
  return merged;
}

function values(node: Node): string {
  const kinds = node.anyOf ?? node.oneOf;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(", ");
  if (kinds) return [...new Set(kinds.map(values))].join(", ");
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.type === "array") return `list of ${values(node.items!)}`;
  if (node.type === "object") return "section";
  return { string: "text", integer: "whole number", boolean: "`true`, `false`" }[node.type ?? ""] ?? "";
}

const FILES = {
  "docs/reference/cluster.md": referencePage,
  "docs/reference/cluster.schema.json": schemaJson,
  "docs/reference/status.schema.json": printed(statusDocumentSchema, "What mbctl status --json prints"),
  "docs/reference/openapi.json": openApiJson,
  "docs/reference/doctor.schema.json": printed(doctorDocumentSchema, "What mbctl doctor --json prints"),
};

if (import.meta.main) {
  const pages = globSync("docs/runbooks/*.md").toSorted();
  const texts = [
    ...Object.entries(FILES).map(([path, make]) => [path, make()] as const),
    ...(await Promise.all(
      pages.map(async (path) => [path, await withSteps(readFileSync(path, "utf8"))] as const),
    )),
  ];
  for (const [path, text] of texts) {
    if (readFileSync(path, "utf8") === text) continue;
    if (!process.argv.includes("--check")) writeFileSync(path, text);
    else {
      console.error(`${path} is behind what it is made from; run: npm run reference`);
      process.exitCode = 1;
    }
  }
}
