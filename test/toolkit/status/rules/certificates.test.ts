import { describe, expect, it } from "@jest/globals";
import { certificateRules } from "../../../../src/toolkit/status/rules/certificates.ts";
import { AT, found, inShort } from "../whole.ts";

const DAY = 86_400_000;

const ending = (days: number, path = "/etc/haproxy/tls/public-0a1b2c3d4e5f.pem") =>
  found(certificateRules, (status) => {
    for (const { facts } of status.machines) facts!.certificates = [{ path, notAfter: AT + days * DAY }];
  });

describe("the rules about certificates", () => {
  it("find nothing while all are valid for three weeks", () => {
    expect(found(certificateRules)).toEqual([]);
    expect(ending(21)).toEqual([]);
  });

  it("warn once of a certificate that several machines have", () => {
    expect(inShort(ending(20))).toEqual([
      "warning: the certificate /etc/haproxy/tls/public-0a1b2c3d4e5f.pem on node-1, node-2 and node-3 ends in 20 days -> mbctl rotate certificates",
    ]);
  });

  it("call one that is over critical", () => {
    expect(ending(-2)[0]).toMatchObject({ severity: "critical", rule: "certificate-over" });
  });
});
