import { describe, expect, it } from "@jest/globals";
import { recipientMailbox } from "../../../src/mailnode/smtp/recipient-mailbox.ts";

const DOMAINS = ["example.com", "example.org"];

describe("whom RCPT names", () => {
  it.each([
    ["postmaster", "postmaster@example.com"],
    ["PostMaster", "postmaster@example.com"],
    ["postmaster@example.org", "postmaster@example.org"],
    ["postmaster@other.example", "postmaster@other.example"],
    ["b@b\u00fccher.example", "b@xn--bcher-kva.example"],
    ["\u010a@example.com", undefined],
  ])("in %s is %s", (address, expected) => {
    expect(recipientMailbox(address, DOMAINS)).toBe(expected);
  });

  it("stays a postmaster without a domain where we have none", () => {
    expect(recipientMailbox("postmaster", [])).toBe("postmaster");
  });
});
