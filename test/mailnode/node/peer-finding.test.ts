import * as dns from "node:dns/promises";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type { Endpoint } from "../../../src/mailnode/discovery/endpoint.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { until } from "../fixtures/until.ts";

// Which names have addresses of both kinds, this machine's name service says: that answer alone is made up.
jest.unstable_mockModule("node:dns/promises", () => ({
  ...dns,
  lookup: async (host: string, options: { family?: number } = {}) => {
    if (host !== "both.test") return dns.lookup(host, options);
    return options.family === 4 ? { address: "192.0.2.3", family: 4 } : { address: "2001:db8::3", family: 6 };
  },
}));
const { PeerFinding } = await import("../../../src/mailnode/node/peer-finding.ts");

describe("the search for peers", () => {
  let finding: Awaited<ReturnType<typeof PeerFinding.start>> | undefined;
  afterEach(() => finding?.stop());

  /** What gossip is told to knock at. */
  async function find(...seeds: string[]): Promise<readonly Endpoint[]> {
    let told: readonly Endpoint[] = [];
    const config = {
      name: "acme",
      address: "127.0.0.1",
      gossip: { port: 7946 },
      discovery: { method: "static" as const, seeds },
    };
    finding = await PeerFinding.start(config, (endpoints) => (told = endpoints), systemEnv, quietLog);
    await until(() => finding!.answered);
    // It is told within the same turn.
    await turn();
    return told;
  }

  it("goes by the IPv4 address of a name that has both kinds", async () => {
    expect(await find("both.test:7946")).toEqual([{ host: "192.0.2.3", port: 7946 }]);
    expect(finding!.found).toBe(1);
  });

  it("leaves out IPv6 addresses, and does not count them, nor its own place", async () => {
    const seeds = ["[2001:db8::7]:7946", "192.0.2.7:7946", "127.0.0.1:7946"];
    expect(await find(...seeds)).toEqual([
      { host: "192.0.2.7", port: 7946 },
      { host: "127.0.0.1", port: 7946 },
    ]);
    expect(finding!.found).toBe(1);
  });

  it("has an answer when there is nobody whom it could reach", async () => {
    expect(await find("[2001:db8::7]:7946")).toEqual([]);
    expect(finding!.found).toBe(0);
  });
});
