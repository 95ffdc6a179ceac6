import { describe, expect, it } from "@jest/globals";
import {
  API_OPERATIONS,
  API_ROOT,
  problemsOf,
  type ApiOperation,
} from "../../../../src/contract/api-operations.ts";
import { PROBLEMS } from "../../../../src/contract/api-problem.ts";
import { HANDLERS } from "../../../../src/mailnode/admin/api/handlers.ts";
import { openApiJson } from "../../../../scripts/openapi.ts";
import { described } from "./described.ts";

const operations = Object.entries(API_OPERATIONS) as [string, ApiOperation][];

describe("the OpenAPI file", () => {
  it("is what the table of operations makes", () => {
    expect(described).toEqual(JSON.parse(openApiJson()));
  });

  it.each(operations)("has %s with every status that it may answer with", (_id, operation) => {
    const { method, path, answers } = operation;
    const told = described.paths[API_ROOT + path]?.[method.toLowerCase()]?.responses ?? {};
    const statuses = [
      ...Object.keys(answers),
      ...problemsOf(operation).map((code) => String(PROBLEMS[code].status)),
    ];
    expect(Object.keys(told).sort()).toEqual([...new Set(statuses)].sort());
  });

  it("has no operation of the API besides, and there is a handler for each", () => {
    const told = Object.entries(described.paths)
      .filter(([path]) => path.startsWith("/api/"))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(told.sort()).toEqual(
      operations.map(([, { method, path }]) => `${method} ${API_ROOT}${path}`).sort(),
    );
    expect(Object.keys(HANDLERS).sort()).toEqual(Object.keys(API_OPERATIONS).sort());
  });

  it("refers to nothing that is not in it", () => {
    const references = JSON.stringify(described).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(described.components.schemas).toHaveProperty(name!);
  });
});
