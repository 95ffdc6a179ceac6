import { describe, expect, it } from "@jest/globals";
import { refuseForeign } from "../../../src/toolkit/loadtest/recipients.ts";

describe("the recipient of a load test", () => {
  const domains = ["acme.eu"];

  it.each(["a@acme.eu", "a@ACME.eu", "a@example.com", "a@mail.example.org", "a@x.test", "a@lab.invalid"])(
    "may be %s",
    (to) => expect(() => refuseForeign(to, domains, false)).not.toThrow(),
  );

  it.each(["a@gmail.com", "a@notexample.com", "a@acme.eu.evil.com", "a@sub.acme.eu"])(
    "may not be %s, unless a person says that the domain is theirs",
    (to) => {
      expect(() => refuseForeign(to, domains, false)).toThrow(
        expect.objectContaining({
          code: "LOADTEST_FOREIGN_DOMAIN",
          message: expect.stringContaining("is none of the cluster's domains (acme.eu)"),
        }),
      );
      expect(() => refuseForeign(to, domains, true)).not.toThrow();
    },
  );

  it.each(["acme.eu", "a@b@acme.eu", "a\r\nRCPT TO:<x@y>@acme.eu", "<a@acme.eu>"])(
    "may not be what is no address: %j",
    (to) =>
      expect(() => refuseForeign(to, domains, true)).toThrow(
        expect.objectContaining({ code: "LOADTEST_RECIPIENT" }),
      ),
  );
});
