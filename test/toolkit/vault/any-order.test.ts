import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { SecretRequest } from "../../../src/toolkit/services/service.ts";
import { secretNames, type StoredRequest } from "../../../src/toolkit/vault/entry.ts";
import { openVault, type Vault } from "../../../src/toolkit/vault/vault.ts";
import { readVersions } from "../../../src/toolkit/vault/versions.ts";
import { authority, certificate, DAY_MS, newProject, password } from "./fixtures.ts";

const away = { ...certificate, name: "pki/node-2", commonName: "node-2" };

/** What a person does between one command and the next. */
const act = fc.record({
  days: fc.constantFrom(0, 1, 400),
  address: fc.constantFrom("192.168.1.1", "192.168.1.2"),
  isWhole: fc.boolean(),
  rotation: fc.constantFrom("none", "secrets", "certificates", "authority"),
  end: fc.constantFrom("aborted", "resumed", "done", "died when done"),
});

/** Every text that a version of a secret was ever seen with. */
type Seen = Map<string, string>;

function see(seen: Seen, vault: Vault, versions: ReadonlyMap<string, string>): void {
  for (const [name, version] of versions) {
    const text = vault.reveal({ name, version }).reveal();
    const key = `${name}:${version}`;
    expect([key, seen.get(key) ?? text]).toEqual([key, text]);
    seen.set(key, text);
  }
}

describe("applies and rotations in any order, some of them broken off", () => {
  it("give no version twice, foretell each, and leave certificates that the authority has issued", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 6 }), async (acts) => {
        const { options, clock } = await newProject();
        const seen: Seen = new Map();
        for (const [index, { days, address, isWhole, rotation, end }] of acts.entries()) {
          clock.now += days * DAY_MS;
          const leaves = [{ ...certificate, addresses: [address] }, ...(isWhole ? [away] : [])];
          const asked: readonly SecretRequest[] = [...leaves, password, authority];
          const opened = async (): Promise<Vault> => {
            const versionOf = await readVersions(options.directory, "acme", asked, options.env);
            const vault = await openVault(options);
            await vault.ensure(asked);
            const names = asked.flatMap(secretNames);
            const versions = new Map(names.map((name) => [name, versionOf(name)]));
            expect(versions).toEqual(new Map(names.map((name) => [name, vault.versions().get(name)!])));
            see(seen, vault, versions);
            for (const { name } of leaves) expectIssued(vault, name, versions);
            return vault;
          };
          const which = asked.filter(({ kind }) => ROTATES[rotation]!.includes(kind)) as StoredRequest[];
          const names = which.map(({ name }) => name);
          const run = `run-${index}`;
          const begun = async (isFirst: boolean) => {
            const vault = await opened();
            const next = await vault.prepareSuccessors(which, run);
            if (!isFirst) expect(vault.hasKept(names, run)).toBe(true);
            await vault.keepSuccessors(names, run);
            const changed = which.flatMap((request) =>
              secretNames(request).map((name) => [name, next.get(request.name)!] as const),
            );
            const versions = new Map([...vault.versions(), ...changed]);
            see(seen, vault, versions);
            for (const { name } of leaves) expectIssued(vault, name, versions);
            return { vault, next };
          };
          let { vault, next } = await begun(true);
          if (end === "aborted") continue;
          if (end === "resumed") {
            const again = await begun(false);
            expect(again.next).toEqual(next);
            ({ vault, next } = again);
          }
          await vault.adoptSuccessors(names);
          if (end === "died when done") {
            const again = await begun(false);
            expect(again.next).toEqual(next);
            await again.vault.adoptSuccessors(names);
          }
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

/** By rotation, the kinds of requests that it is about. */
const ROTATES: Readonly<Record<string, readonly string[]>> = {
  none: [],
  secrets: ["password"],
  certificates: ["certificate"],
  authority: ["certificate", "authority"],
};

function expectIssued(vault: Vault, leaf: string, versions: ReadonlyMap<string, string>): void {
  const read = (name: string) =>
    new X509Certificate(vault.reveal({ name, version: versions.get(name)! }).reveal());
  expect(read(`${leaf}.crt`).verify(read("pki/cluster.crt").publicKey)).toBe(true);
}
