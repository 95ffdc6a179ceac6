import { describe, expect, it } from "@jest/globals";
import { stripVTControlCharacters } from "node:util";
import { critical, note } from "../../../../src/toolkit/status/finding.ts";
import { doctorDocumentSchema, doctorText } from "../../../../src/toolkit/status/doctor/report.ts";

const document = {
  format: 1,
  ok: false,
  cluster: "acme",
  at: 0,
  tookMs: 10,
  findings: [
    critical({
      rule: "vip-absent",
      finding: "no balancer bears the VIP",
      cause: "keepalived gave it up",
      remedy: "mbctl apply",
      evidence: ["192.168.1.100 is on no machine", "second line"],
    }),
    note({ rule: "drained", finding: "node-2 is drained", remedy: "" }),
  ],
} as const;

describe("the doctor's report", () => {
  it("says of each finding what, why, what to type and what was seen", () => {
    const text = stripVTControlCharacters(doctorText({ ...document, findings: [...document.findings] }));
    expect(text).toBe(`critical no balancer bears the VIP
  why:  keepalived gave it up
  type: mbctl apply
  seen: 192.168.1.100 is on no machine
  seen: second line

note node-2 is drained`);
  });

  it("says so where nothing is wrong, of the machine that was asked about", () => {
    const well = { ...document, ok: true, machine: "node-2", findings: [] };
    expect(stripVTControlCharacters(doctorText(well))).toBe("nothing is wrong with node-2 of acme");
  });

  it("is a document with a schema", () => {
    expect(doctorDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });
});
