import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { overlaps, parseCidr } from "../../../src/support/ipv4.ts";
import { chooseSubnet, type TakenNetwork } from "../../../src/toolkit/lab/subnet.ts";

const taken = (text: string, by = "a route of this machine (eth0)"): TakenNetwork => ({
  cidr: parseCidr(text)!,
  by,
});

describe("chooseSubnet", () => {
  it("takes the first that is free, and a default route for nothing", () => {
    expect(chooseSubnet([taken("0.0.0.0/0")])).toBe("10.77.1.0/24");
    expect(chooseSubnet([taken("10.77.1.0/24"), taken("10.77.2.128/25")])).toBe("10.77.3.0/24");
  });

  it("refuses the asked one when it overlaps a route of the host, naming both", () => {
    expect(() => chooseSubnet([taken("192.168.0.0/16")], "192.168.1.0/24")).toThrow(
      "the lab cannot use 192.168.1.0/24: it overlaps 192.168.0.0/16, which belongs to a route of this machine (eth0)",
    );
    expect(() =>
      chooseSubnet([taken("172.17.0.0/16", "the Docker network bridge")], "172.17.3.0/24"),
    ).toThrow("the Docker network bridge");
  });

  it.each(["10.77.3.1/24", "10.0.0.0/8", "10.77.0.0/16", "10.77.3.0/30", "somewhere"])(
    "refuses %s as no usable network",
    (asked) => {
      expect(() => chooseSubnet([], asked)).toThrow(
        `"${asked}" is no IPv4 network of a size between /24 and /28`,
      );
    },
  );

  it("says so when none is left", () => {
    expect(() => chooseSubnet([taken("10.0.0.0/8")])).toThrow(
      "every network from 10.77.1.0/24 to 10.77.254.0/24 overlaps",
    );
  });

  it("never gives out a network that something uses", () => {
    const network = fc
      .record({ third: fc.nat(40), prefix: fc.integer({ min: 22, max: 30 }) })
      .map(({ third, prefix }) => {
        const base = (parseCidr(`10.77.${third}.0/24`)!.base & (0xffffffff << (32 - prefix))) >>> 0;
        return { cidr: { base, prefix }, by: "a test" };
      });
    fc.assert(
      fc.property(fc.array(network, { maxLength: 20 }), (used) => {
        const chosen = parseCidr(chooseSubnet(used))!;
        expect(used.filter(({ cidr }) => overlaps(cidr, chosen))).toEqual([]);
      }),
    );
  });
});
