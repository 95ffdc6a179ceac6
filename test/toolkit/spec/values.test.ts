import { describe, expect, it } from "@jest/globals";
import { splitEndpoint } from "../../../src/toolkit/spec/values.ts";

describe("an endpoint", () => {
  it("is a host name or an IPv4 address and a port", () => {
    expect(splitEndpoint("mx.internal:25")).toEqual({ host: "mx.internal", port: 25 });
    expect(splitEndpoint("3com.example2:25")).toEqual({ host: "3com.example2", port: 25 });
    expect(splitEndpoint("10.0.0.1:2525")).toEqual({ host: "10.0.0.1", port: 2525 });
  });

  it.each([
    "mx.internal",
    "mx.internal:",
    "mx.internal:0",
    "mx.internal:65536",
    "a b:25",
    ":25",
    "-x:25",
    "MX:25",
    "192.168.010.5:25",
    "10.0.0.256:25",
    "10.0.300:25",
    "167772161:25",
    "0x7f.1:25",
    "mx.0x1f:25",
  ])("is not %j", (text) => {
    expect(splitEndpoint(text)).toBeUndefined();
  });
});
