import { describe, expect, it } from "@jest/globals";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { shortHash } from "../../../src/support/hash.ts";
import { clusterPaths } from "../../../src/toolkit/disk/cluster-paths.ts";
import { secretVersions } from "../../../src/toolkit/project/secret-versions.ts";
import { defineCluster } from "../../../src/toolkit/spec/parse.ts";

const roles = ["balancer", "mail", "database", "cache", "storage"] as const;

const clusterOf = (project: string) =>
  defineCluster({
    name: "acme",
    mail: { domains: ["example.com"], relayNetworks: ["192.168.1.0/24"], nextHop: "mx.internal:25" },
    network: { cidr: "192.168.1.0/24", vip: "192.168.1.100" },
    tls: { public: { certificateFile: join(project, "mail.crt"), keyFile: join(project, "mail.key") } },
    machines: Object.fromEntries(
      ["node-1", "node-2", "node-3"].map((name, index) => [
        name,
        { address: `192.168.1.${101 + index}`, roles: [...roles] },
      ]),
    ),
  });

async function inProject(work: (project: string) => Promise<void>): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), "mailbastion-versions-"));
  try {
    await work(project);
  } finally {
    await rm(project, { recursive: true });
  }
}

describe("the versions of a cluster's secrets", () => {
  it("are the first ones where apply has made none yet", () =>
    inProject(async (project) => {
      const versionOf = await secretVersions(project, clusterOf(project));
      expect([versionOf("cache/password"), versionOf("pki/node-1.pem"), versionOf("tls/public.pem")]).toEqual(
        ["1", "1", "1"],
      );
    }));

  it("are those that the vault holds, read without its key, and for the operator's certificate its hash", () =>
    inProject(async (project) => {
      const { versions } = clusterPaths(project, "acme");
      await mkdir(dirname(versions), { recursive: true });
      const secrets = { "cache/password": { kind: "password", version: "4" } };
      await writeFile(versions, JSON.stringify({ format: 1, secrets }));
      await writeFile(join(project, "mail.crt"), "a certificate");
      const versionOf = await secretVersions(project, clusterOf(project));
      expect(versionOf("cache/password")).toBe("4");
      expect(versionOf("tls/public.pem")).toBe(shortHash("a certificate"));
    }));

  it("are of the secrets that a service asks for, and of no other", () =>
    inProject(async (project) => {
      const versionOf = await secretVersions(project, clusterOf(project));
      expect(() => versionOf("cache/pasword")).toThrow("no service asks the vault for cache/pasword");
    }));
});
