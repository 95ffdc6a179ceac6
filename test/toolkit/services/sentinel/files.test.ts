import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { sentinelFiles } from "../../../../src/toolkit/services/sentinel/files.ts";
import type { FileSpec } from "../../../../src/toolkit/services/service.ts";
import { SENTINEL_TIMES } from "../../../../src/toolkit/services/sentinel/settings.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { sampleContext } from "../sample-context.ts";
import { runWith } from "../shell.ts";

const [file, script, dropIn] = sentinelFiles(sampleContext(threeMachines, threeMachines.machines[2]!)) as [
  FileSpec,
  FileSpec,
  FileSpec,
];
const textOf = ({ content }: FileSpec) => render(content, "mailbastion: a test");
const lines = textOf(file).split("\n");

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

describe("the times of a Sentinel that no file holds", () => {
  const started = textOf(dropIn)
    .split("\n")
    .find((line) => line.startsWith("ExecStartPost="))!;

  it("are set at each of its starts, outside of the unit's sandbox, and their failure does not stop it", () => {
    expect(started).toContain(
      `=-+/bin/sh ${sampleContext(threeMachines, threeMachines.machines[2]!).addressed(script.path)} `,
    );
    expect(dropIn.path).toBe("/etc/systemd/system/redis-sentinel.service.d/mailbastion.conf");
  });

  it("reach it with its own password, which is in no argument", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-sentinel-"));
    try {
      writeFileSync(join(folder, "sentinel.conf"), 'requirepass "secret"\n');
      const [, , ...args] = started.split(" ");
      const argv = ["sh", "-c", textOf(script), "sh", join(folder, "sentinel.conf"), ...args.slice(1)];
      const answer = runWith(argv, {
        programs: { "redis-cli": `echo "$REDISCLI_AUTH: $*" >"${folder}/said"` },
      });
      expect(answer.code).toBe(0);
      expect(readFileSync(join(folder, "said"), "utf8")).toBe(
        "secret: -e -h 192.168.1.103 -p 26379 SENTINEL DEBUG ping-period 300 info-period 500\n",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("leave a replica eligible whose last INFO is as old as it can be while the master is down", () => {
    // Five ping periods; INFO comes a second after the last one, at the next of Sentinel's looks, 100 ms apart.
    expect(5 * Number(SENTINEL_TIMES["ping-period"])).toBeGreaterThan(1000 + 2 * 100);
    expect(Number(SENTINEL_TIMES["info-period"])).toBeLessThan(1000);
  });
});

describe("the unit of a Sentinel", () => {
  it("goes on trying, when the machine's addresses are there", () => {
    expect(textOf(dropIn).split("\n")).toEqual(
      expect.arrayContaining([
        "StartLimitIntervalSec=0",
        "Wants=network-online.target",
        "After=networking.service systemd-networkd-wait-online.service NetworkManager-wait-online.service",
      ]),
    );
  });
});
