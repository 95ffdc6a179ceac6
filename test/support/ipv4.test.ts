import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  contains,
  formatAddress,
  formatCidr,
  inAny,
  isHost,
  overlaps,
  parseAddress,
  parseCidr,
} from "../../src/support/ipv4.ts";

const address = fc.nat(0xffffffff);

describe("IPv4 addresses", () => {
  it("read back what they print", () => {
    fc.assert(fc.property(address, (number) => expect(parseAddress(formatAddress(number))).toBe(number)));
  });

  it.each(["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "a.b.c.d", "1.2.3.4 ", ""])(
    "are not %j",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("networks", () => {
  it.each(["10.0.0.1/24", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/24/1", "x/24"])("are not %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("contain their own addresses and overlap themselves, whatever the prefix", () => {
    fc.assert(
      fc.property(address, fc.nat(32), (number, prefix) => {
        const base =
          prefix === 0 ? 0 : Number((BigInt(number) >> BigInt(32 - prefix)) << BigInt(32 - prefix));
        const network = parseCidr(formatCidr({ base, prefix }))!;
        expect(contains(network, number)).toBe(true);
        expect(overlaps(network, network)).toBe(true);
      }),
    );
  });

  it("overlap when one holds the other, in both orders", () => {
    const [wide, narrow, other] = ["10.0.0.0/8", "10.77.1.0/24", "192.168.0.0/16"].map((text) =>
      parseCidr(text)!,
    );
    expect([overlaps(wide!, narrow!), overlaps(narrow!, wide!), overlaps(wide!, other!)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("have hosts between their own and their broadcast address", () => {
    const network = parseCidr("10.0.0.0/24")!;
    const hosts = ["10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255", "10.0.1.1"].map((text) =>
      isHost(network, parseAddress(text)!),
    );
    expect(hosts).toEqual([false, true, true, false, false]);
    expect(inAny(["192.168.0.0/16", "10.0.0.0/24"], "10.0.0.9")).toBe(true);
    expect(inAny([], "10.0.0.9")).toBe(false);
  });
});
