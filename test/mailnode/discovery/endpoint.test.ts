import { describe, expect, it } from "@jest/globals";
import { distinct, MAX_ENDPOINTS, parseEndpoint } from "../../../src/mailnode/discovery/endpoint.ts";
import { staticDiscovery } from "../../../src/mailnode/discovery/static.ts";

describe("an endpoint", () => {
  it("is a host or an address with a port", () => {
    expect(parseEndpoint("node-2:7946")).toEqual({ host: "node-2", port: 7946 });
    expect(parseEndpoint("192.0.2.1:1")).toEqual({ host: "192.0.2.1", port: 1 });
    expect(parseEndpoint("[2001:db8::1]:65535")).toEqual({ host: "2001:db8::1", port: 65_535 });
  });

  it.each(["node-2", ":7946", "node-2:0", "node-2:65536", "2001:db8::1:7946", "a b:1", "a:1\n", "[x]:1", ""])(
    "is not %j",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: "DISCOVERY_ENDPOINT" }));
    },
  );

  it("is given once, and not more than 256 are", () => {
    expect(
      distinct([
        { host: "a", port: 1 },
        { host: "a", port: 2 },
        { host: "a", port: 1 },
      ]),
    ).toHaveLength(2);
    const many = Array.from({ length: 500 }, (_, i) => ({ host: `h${i}`, port: 1 }));
    expect(distinct(many)).toHaveLength(MAX_ENDPOINTS);
  });

  it("that is written down is found", async () => {
    expect(await staticDiscovery(["a:1", "b:2", "a:1"]).discover()).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ]);
    expect(() => staticDiscovery(["a"])).toThrow(expect.objectContaining({ code: "DISCOVERY_ENDPOINT" }));
  });
});
