import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { SecretRequest } from "../../../src/toolkit/services/service.ts";
import { readKey } from "../../../src/toolkit/vault/key-file.ts";
import type { StoredRequest } from "../../../src/toolkit/vault/entry.ts";
import { openSealed, sealEntries, type VaultContent } from "../../../src/toolkit/vault/vault-file.ts";
import { openVault, type Vault } from "../../../src/toolkit/vault/vault.ts";
import { readVersions } from "../../../src/toolkit/vault/versions.ts";
import { authority, certificate, DAY_MS, newProject, type Project, requests } from "./fixtures.ts";

const LEAF = "pki/node-1.crt";
const AUTHORITY = "pki/cluster.crt";
const plain: readonly StoredRequest[] = [certificate];
const both: readonly StoredRequest[] = [certificate, authority as StoredRequest];
const moved = { ...certificate, addresses: ["192.168.1.109"] };

function read(vault: Vault, name: string, version = vault.versions().get(name)!): X509Certificate {
  return new X509Certificate(vault.reveal({ name, version }).reveal());
}

function isIssued(leaf: X509Certificate, by: X509Certificate): boolean {
  return leaf.verify(by.publicKey);
}

describe("an authority that waits to replace another", () => {
  let project: Project;

  beforeEach(async () => {
    project = await newProject();
  });

  /** As another process opens it. */
  async function opened(asked: readonly SecretRequest[] = requests): Promise<Vault> {
    const vault = await openVault(project.options);
    await vault.ensure(asked);
    return vault;
  }

  /** Up to the first step; what follows is a resume, the end or an abort, which writes nothing. */
  async function begun(which: readonly StoredRequest[], run: string, asked?: readonly SecretRequest[]) {
    const vault = await opened(asked);
    const versions = await vault.prepareSuccessors(which, run);
    await vault.keepSuccessors(namesOf(which), run);
    return { vault, versions };
  }

  async function conclude(vault: Vault, which: readonly StoredRequest[]): Promise<void> {
    await vault.adoptSuccessors(namesOf(which));
  }

  it("issues nothing for a rotation without it, and what it has issued does not go out", async () => {
    const aborted = await begun(both, "run-1");
    const old = read(aborted.vault, LEAF, "2").fingerprint256;
    const { vault, versions } = await begun(plain, "run-2");
    // Machines may have the second one: the name of a file follows from it.
    expect(versions).toEqual(new Map([["pki/node-1", "3"]]));
    expect(read(vault, LEAF, "3").fingerprint256).not.toBe(old);
    expect(isIssued(read(vault, LEAF, "3"), read(vault, AUTHORITY, "1"))).toBe(true);

    await conclude(vault, plain);
    const after = await opened();
    expect(isIssued(read(after, LEAF), read(after, AUTHORITY))).toBe(true);
    expect(after.versions().get(LEAF)).toBe("3");
  });

  it("issues nothing for an apply, which gives no version that a successor has", async () => {
    await begun(both, "run-1");
    const asked = [moved, authority];
    const foretold = await readVersions(project.options.directory, "acme", asked, project.options.env);
    const vault = await opened(asked);
    expect([vault.versions().get(LEAF), foretold(LEAF)]).toEqual(["3", "3"]);
    expect(read(vault, LEAF).subjectAltName).toContain("192.168.1.109");
    expect(isIssued(read(vault, LEAF), read(vault, AUTHORITY))).toBe(true);
  });

  it("is taken by the next rotation with it, with the certificates that still fit", async () => {
    const first = await begun(both, "run-1");
    const again = await begun(both, "run-2");
    expect(again.versions).toEqual(first.versions);
    for (const name of [AUTHORITY, LEAF])
      expect(read(again.vault, name, "2").raw).toEqual(read(first.vault, name, "2").raw);
  });

  it("issues a certificate again whose names have changed since, or that was made without it", async () => {
    await begun(both, "run-1");
    const asked = [moved, authority];
    await opened(asked);
    const changed = await begun([moved, authority as StoredRequest], "run-2", asked);
    expect(changed.versions).toEqual(
      new Map([
        ["pki/cluster", "2"],
        ["pki/node-1", "4"],
      ]),
    );
    expect(read(changed.vault, LEAF, "4").subjectAltName).toContain("192.168.1.109");
    expect(isIssued(read(changed.vault, LEAF, "4"), read(changed.vault, AUTHORITY, "2"))).toBe(true);

    const without = await begun([moved], "run-3", asked);
    expect(without.versions).toEqual(new Map([["pki/node-1", "5"]]));
    const { vault, versions } = await begun([moved, authority as StoredRequest], "run-4", asked);
    expect(versions.get("pki/node-1")).toBe("6");
    expect(isIssued(read(vault, LEAF, "6"), read(vault, AUTHORITY, "2"))).toBe(true);
  });

  it("is found again with its certificates by a run that is resumed, where each command makes new ones", async () => {
    await opened();
    // So near to the end of the authority that all it issues is due at once.
    project.clock.now += 3600 * DAY_MS;
    const first = await begun(both, "run-1");
    expect(first.vault.versions().get(LEAF)).toBe("2");
    const resumed = await begun(both, "run-1");
    expect(resumed.vault.versions().get(LEAF)).toBe("4");
    expect(resumed.versions).toEqual(first.versions);
    for (const [name, version] of [
      [AUTHORITY, "2"],
      [LEAF, "3"],
    ] as const)
      expect(read(resumed.vault, name, version).raw).toEqual(read(first.vault, name, version).raw);

    await conclude(resumed.vault, both);
    const died = await begun(both, "run-1");
    expect(died.versions).toEqual(first.versions);
    expect(died.vault.hasKept(namesOf(both), "run-1")).toBe(true);
    await conclude(died.vault, both);
    const vault = await opened([moved, authority]);
    // The fourth was given already.
    expect(vault.versions().get(LEAF)).toBe("5");
    expect(isIssued(read(vault, LEAF), read(vault, AUTHORITY, "2"))).toBe(true);
  });

  it("makes the certificate anew of a machine that was away when it came", async () => {
    const away = { ...certificate, name: "pki/node-2", commonName: "node-2" };
    await opened([...requests, away]);
    const { vault } = await begun(both, "run-1");
    await conclude(vault, both);

    const asked = [...requests, away];
    const foretold = await readVersions(project.options.directory, "acme", asked, project.options.env);
    const back = await opened(asked);
    expect(foretold("pki/node-2.crt")).toBe("2");
    expect(back.versions().get("pki/node-2.crt")).toBe("2");
    expect(isIssued(read(back, "pki/node-2.crt"), read(back, AUTHORITY))).toBe(true);
    expect(await (await openVault(project.options)).ensure(asked)).toEqual([]);
  });

  describe("in a vault that an earlier release has left", () => {
    async function rewrite(change: (content: VaultContent) => VaultContent): Promise<void> {
      const path = project.path("vault.age");
      const key = (await readKey(project.keyPath))!;
      const where = { path, keyPath: project.keyPath, cluster: "acme" };
      const content = await openSealed(await readFile(path, "utf8"), key, where);
      await writeFile(path, await sealEntries("acme", change(content), key));
    }

    it("gives up the certificates that it has issued and that were put without it", async () => {
      await begun(both, "run-1");
      await rewrite(({ entries, successors }) => ({
        entries: new Map([...entries, ["pki/node-1", { ...successors.get("pki/node-1")!, run: "run-2" }]]),
        successors: new Map([["pki/cluster", successors.get("pki/cluster")!]]),
      }));
      const vault = await opened();
      expect(vault.versions().get(LEAF)).toBe("3");
      expect(isIssued(read(vault, LEAF), read(vault, AUTHORITY))).toBe(true);
    });

    it("tells an apply's certificate from its own of the same version", async () => {
      const { vault: first } = await begun(both, "run-1");
      await rewrite(({ entries, successors }) => ({
        entries: new Map([...entries, ["pki/node-1", { ...entries.get("pki/node-1")!, version: "2" }]]),
        successors,
      }));
      const vault = await opened();
      expect(vault.versions().get(LEAF)).toBe("3");
      expect(isIssued(read(vault, LEAF), read(vault, AUTHORITY))).toBe(true);
      expect(read(vault, LEAF, "2").raw).toEqual(read(first, LEAF, "2").raw);
    });
  });
});

function namesOf(which: readonly StoredRequest[]): readonly string[] {
  return which.map(({ name }) => name);
}
