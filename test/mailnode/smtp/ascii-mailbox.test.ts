import { describe, expect, it } from "@jest/globals";
import { asciiMailbox } from "../../../src/mailnode/smtp/ascii-mailbox.ts";

describe("a mailbox without SMTPUTF8", () => {
  it.each([
    ["", ""],
    ["postmaster", "postmaster"],
    ["Some.One@Example.COM", "Some.One@Example.COM"],
    ["b@[192.0.2.1]", "b@[192.0.2.1]"],
    ["b@0x7f.1", "b@0x7f.1"],
    ["b@xn--bcher-kva.example", "b@xn--bcher-kva.example"],
    ["B@bücher.example", "B@xn--bcher-kva.example"],
    ["b@BÜCHER.Example", "b@xn--bcher-kva.example"],
    ["b@faß.example", "b@xn--fa-hia.example"],
    ["b@例え.テスト", "b@xn--r8jz45g.xn--zckzah"],
    ["bü@example.com", undefined],
    ["\u010a@bücher.example", undefined],
    ["b@ⅷ.example", undefined],
    ["b@ü.1", undefined],
    ["b@\u0085.example", undefined],
    ["b@ü。example", undefined],
  ])("is %j said as %j", (address, expected) => {
    expect(asciiMailbox(address)).toBe(expected);
  });
});
