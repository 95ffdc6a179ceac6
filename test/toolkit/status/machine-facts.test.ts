import { describe, expect, it, jest } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localTransport } from "../../../src/toolkit/runner/local-transport.ts";
import {
  machineFactsCommand,
  machineFactsSchema,
  parseMachineFacts,
} from "../../../src/toolkit/status/machine-facts.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

const look = async (certificates: readonly string[], packages: readonly string[]) =>
  parseMachineFacts(await localTransport.run("here", machineFactsCommand(certificates, packages)));

describe("what a machine says of itself", () => {
  it("is true of this one", async () => {
    const facts = machineFactsSchema.parse(await look([], ["dpkg", "no-such-package"]));
    expect(facts.uptimeSeconds).toBeGreaterThan(0);
    expect(facts.processors).toBeGreaterThan(0);
    expect(facts.memory.available).toBeLessThan(facts.memory.total);
    expect(facts.disk.available).toBeLessThan(facts.disk.total);
    expect(facts.addresses).toContain("127.0.0.1");
    expect(facts.packages["dpkg"]).toMatch(/^\d/);
    expect(facts.packages["no-such-package"]).toBeUndefined();
  });

  it("is when its certificates end; a file that is none is left out", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-facts-"));
    const path = join(folder, "public-0a1b2c3d4e5f.pem");
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-subj",
        "/CN=x",
        "-days",
        "40",
        "-keyout",
        join(folder, "key"),
        "-out",
        path,
      ],
      { stdio: "ignore" },
    );
    writeFileSync(join(folder, "other.pem"), "not a certificate\n");
    const { certificates } = await look([folder, "/nowhere"], []);
    rmSync(folder, { recursive: true });
    expect(certificates.map((certificate) => certificate.path)).toEqual([path]);
    const days = (certificates[0]!.notAfter - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(40);
  });

  it("is what it can say: a part that fails leaves the others whole", () => {
    const stdout =
      "@uptime\n10.5 20\n@processors\n2\n@load\n0.10 0 0\n@memory\n@disk\n@inodes\n@failed\nexim4.service loaded failed failed MTA\n";
    const facts = machineFactsSchema.parse(parseMachineFacts({ code: 0, stdout, stderr: "" }));
    expect(facts).toMatchObject({
      uptimeSeconds: 10.5,
      disk: { total: 0, available: 0 },
      failedUnits: ["exim4.service"],
      addresses: [],
      certificates: [],
    });
  });
});
