import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { sentinelFiles } from "../../../../src/toolkit/services/sentinel/files.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { sampleContext } from "../sample-context.ts";

const file = sentinelFiles(sampleContext(threeMachines, threeMachines.machines[2]!))[0]!;
const lines = render(file.content, "mailbastion: a test").split("\n");

describe("sentinel.conf", () => {
  it("is written once and then belongs to the daemon", () => {
    expect(file).toMatchObject({ seedOnly: true, owner: "redis", group: "redis", mode: "0640" });
    expect(lines[0]).toBe("# mailbastion: a test");
  });

  it("watches the first machine at first, with a majority as quorum", () => {
    expect(lines).toContain("sentinel monitor mailbastion 192.168.1.101 6379 2");
  });

  it("takes its times from the topology", () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        "sentinel down-after-milliseconds mailbastion 4000",
        "sentinel failover-timeout mailbastion 10000",
        "sentinel parallel-syncs mailbastion 1",
      ]),
    );
  });

  it("asks for a password of its own, and knows the cache's", () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        "bind 192.168.1.103 127.0.0.1",
        "requirepass @@secret:cache/sentinel-password:1@@",
        "sentinel sentinel-pass @@secret:cache/sentinel-password:1@@",
        "sentinel auth-pass mailbastion @@secret:cache/password:1@@",
      ]),
    );
  });
});
