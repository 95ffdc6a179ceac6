import { describe, expect, it } from "@jest/globals";
import { statusDocument, statusDocumentSchema } from "../../../src/toolkit/status/document.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { drain, takeAway, viewOf } from "./whole.ts";

const view = viewOf((status) => {
  takeAway(status, "node-3");
  drain(status, "node-2");
});
const document = statusDocument(view.status, findings(view));

describe("the document of a status", () => {
  it("is the same after it went through JSON, and what its schema says", () => {
    expect(statusDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it("says whether the cluster is whole", () => {
    expect(document.ok).toBe(false);
    expect(statusDocument(view.status, []).ok).toBe(true);
  });

  it("has no key that the schema does not know", () => {
    expect(statusDocumentSchema.safeParse({ ...document, more: 1 }).success).toBe(false);
  });
});
