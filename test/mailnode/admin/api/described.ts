import { readFileSync } from "node:fs";
import { expect } from "@jest/globals";
import * as z from "zod";

interface Described {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content: Record<string, { schema: { $ref: string } }> }> }>
  >;
  readonly components: { readonly schemas: Record<string, object> };
}

export const described = JSON.parse(
  readFileSync(new URL("../../../../docs/reference/openapi.json", import.meta.url), "utf8"),
) as Described;

const schemas = new Map(
  Object.entries(described.components.schemas).map(([name, schema]) => [
    name,
    z.fromJSONSchema({ $schema: "https://json-schema.org/draft/2020-12/schema", ...schema } as never),
  ]),
);

/** Statuses that were seen, by "METHOD path": what no test has seen is not known to be answered. */
export const seen = new Map<string, Set<number>>();

/** Holds that an answer of the API is one that the OpenAPI file foretells, in the shape that it gives. */
export function expectDescribed(
  method: string,
  pathAndQuery: string,
  { status, headers, body }: { status: number; headers: Record<string, unknown>; body: unknown },
): void {
  const path = pathAndQuery.split("?")[0]!;
  if (!path.startsWith("/api/")) return;
  const operation = described.paths[path]?.[method.toLowerCase()];
  const type = String(headers["content-type"]).split(";")[0]!;
  expect(headers["x-request-id"]).toMatch(/^[\w.-]{1,64}$/);
  if (!operation) {
    // A resource or method that is not there; nobody without a token is told so.
    expect([401, 404, 405, 429, 503]).toContain(status);
    expect(schemas.get("Problem")!.safeParse(body).error).toBeUndefined();
    return;
  }
  const told = operation.responses[String(status)]?.content[type];
  if (!told) throw new Error(`${method} ${path} answered ${status} as ${type}, which is not described`);
  const name = told.schema.$ref.split("/").at(-1)!;
  expect(schemas.get(name)!.safeParse(body).error).toBeUndefined();
  const statuses = seen.get(`${method} ${path}`) ?? new Set();
  seen.set(`${method} ${path}`, statuses.add(status));
}
