import { describe, expect, it } from "@jest/globals";
import { mayRelay } from "../../../src/mailnode/smtp/recipient-rule.ts";

const rules = { domains: ["example.com", "Sub.Example.org"], relayNetworks: ["10.1.0.0/16"] };

describe("whose mail is taken", () => {
  it.each([
    ["198.51.100.7", "b@example.com", true],
    ["198.51.100.7", "b@EXAMPLE.com", true],
    ["198.51.100.7", "b@sub.example.org", true],
    ["198.51.100.7", "b@other.example", false],
    ["198.51.100.7", "b@notexample.com", false],
    ["198.51.100.7", "b@example.com.other", false],
    ["198.51.100.7", '"x@example.com"@other.example', false],
    ["198.51.100.7", "b%other.example@example.com", true],
    ["198.51.100.7", "example.com", false],
    ["198.51.100.7", "@example.com", false],
    ["10.1.255.255", "b@other.example", true],
    ["10.2.0.0", "b@other.example", false],
    ["2001:db8::1", "b@other.example", false],
    ["2001:db8::1", "b@example.com", true],
    ["", "b@other.example", false],
  ])("from %s to %s: %s", (client, recipient, expected) => {
    expect(mayRelay(rules, client, recipient)).toBe(expected);
  });

  it("takes nothing from anyone without a domain and a network", () => {
    expect(mayRelay({ domains: [], relayNetworks: [] }, "127.0.0.1", "b@localhost")).toBe(false);
  });
});
