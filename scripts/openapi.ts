import * as z from "zod";
import * as api from "../src/contract/cluster-api.ts";
import { API_OPERATIONS, API_ROOT, problemsOf, type ApiOperation } from "../src/contract/api-operations.ts";
import { PROBLEMS, problemSchema, type ProblemCode } from "../src/contract/api-problem.ts";
import { healthSchema, readySchema } from "../src/contract/health.ts";

/* The OpenAPI 3.1 description of a mail node's API, from the table that the node itself answers by. */

type Json = Record<string, unknown>;

const isSchema = ([name]: readonly [string, unknown]): boolean => name.endsWith("Schema");
const named = Object.entries(api).filter(isSchema) as unknown as readonly [string, z.ZodType][];
const nameOf = new Map<z.ZodType, string>(
  [
    ...named,
    ["problemSchema", problemSchema],
    ["healthSchema", healthSchema],
    ["readySchema", readySchema],
  ].map(([name, schema]) => [schema as z.ZodType, upper((name as string).replace(/Schema$/, ""))]),
);

/** What it promises in its answers is written down as they are sent, what it takes as it may be sent. */
function plain(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function reference(schema: z.ZodType): Json {
  const name = nameOf.get(schema);
  if (name === undefined) throw new Error("a schema of an operation is exported under no name");
  return { $ref: `#/components/schemas/${name}` };
}

function content(schema: z.ZodType, type = "application/json"): Json {
  return { content: { [type]: { schema: reference(schema) } } };
}

function parameters({ query }: ApiOperation): readonly Json[] {
  const { properties = {}, required = [] } = plain(query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  // What a query gives as text is a number to the one who reads it.
  const { properties: read = {} } = plain(query, "output") as { properties?: Record<string, Json> };
  return Object.keys(properties).map((name) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: read[name],
  }));
}

function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: [...new Set(same)].map((code) => `${code}: ${PROBLEMS[code].title}.`).join(" "),
        ...content(problemSchema, "application/problem+json"),
      },
    ]),
  );
}

function operationJson(id: string, operation: ApiOperation): Json {
  const { summary, role, answers, body } = operation;
  const successes = Object.entries(answers).map(([status, { says, schema }]) => [
    status,
    { description: says, ...content(schema) },
  ]);
  return {
    operationId: id,
    summary,
    description: `Takes the role ${role}.`,
    parameters: parameters(operation),
    ...(body && { requestBody: { required: true, ...content(body) } }),
    responses: {
      ...(Object.fromEntries(successes) as Json),
      ...problemResponses(problemsOf(operation)),
    },
  };
}

/** Where everybody may look. */
function openPath(summary: string, schema: z.ZodType): Json {
  const answer = (description: string): Json => ({ description, ...content(schema) });
  return {
    get: { summary, security: [], responses: { 200: answer("Yes."), 503: answer("No, and why.") } },
  };
}

/** The file's text. */
export function openApiJson(): string {
  const paths: Record<string, Json> = {
    "/health": openPath("Whether everything works", healthSchema),
    "/ready": openPath("Whether the node takes mail", readySchema),
    "/metrics": {
      get: {
        summary: "Metrics for Prometheus",
        description: "Takes the role viewer.",
        responses: {
          200: {
            description: "Text format 0.0.4.",
            content: { "text/plain": { schema: { type: "string" } } },
          },
          ...problemResponses(["unauthenticated", "too-many-requests", "not-proposed"]),
        },
      },
    },
  };
  for (const [id, operation] of Object.entries(API_OPERATIONS) as [string, ApiOperation][]) {
    const path = (paths[API_ROOT + operation.path] ??= {});
    path[operation.method.toLowerCase()] = operationJson(id, operation);
  }
  const inputs = new Set<z.ZodType | undefined>(
    Object.values(API_OPERATIONS).map((operation: ApiOperation) => operation.body),
  );
  const schemas = [...nameOf].map(([schema, name]) => [
    name,
    plain(schema, inputs.has(schema) ? "input" : "output"),
  ]);
  const document = {
    openapi: "3.1.1",
    info: {
      title: "The admin API of a Mailbastion mail node",
      version: "1",
      description:
        "Every answer that is no success is application/problem+json (RFC 9457). Other methods of a resource are answered with 405, other resources with 404. The same is answered on the node's local socket, without a token.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "https://{node}", variables: { node: { default: "node-1.example.com" } } }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(schemas) as Json,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function upper(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
