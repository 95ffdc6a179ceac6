import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { secretNames } from "../../../src/toolkit/vault/entry.ts";
import { openVault } from "../../../src/toolkit/vault/vault.ts";
import { readVersions } from "../../../src/toolkit/vault/versions.ts";
import { authority, certificate, DAY_MS, newProject, requests } from "./fixtures.ts";

describe("the versions of secrets, without a key", () => {
  it("are 1 where nothing is stored yet", async () => {
    const { options } = await newProject();
    const versionOf = await readVersions(options.directory, "acme", requests, options.env);
    expect(requests.flatMap(secretNames).map(versionOf)).toEqual(["1", "1", "1", "1", "1", "1"]);
  });

  it("cannot be asked for a name that no service asks for", async () => {
    const { options } = await newProject();
    const versionOf = await readVersions(options.directory, "acme", requests, options.env);
    expect(() => versionOf("pki/node-1")).toThrow("no service asks the vault for pki/node-1");
  });

  it("foretell what the vault will make, whatever changes in between", async () => {
    const change = fc.record({
      address: fc.constantFrom("192.168.1.1", "192.168.1.2"),
      days: fc.constantFrom(0, 1, 400, 800),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const { options, clock } = await newProject();
        for (const { address, days } of changes) {
          clock.now += days * DAY_MS;
          const asked = [authority, { ...certificate, addresses: [address] }];
          const versionOf = await readVersions(options.directory, "acme", asked, options.env);
          const vault = await openVault(options);
          await vault.ensure(asked);
          const names = asked.flatMap(secretNames);
          expect(names.map(versionOf)).toEqual(names.map((name) => vault.versions().get(name)));
        }
      }),
      { numRuns: 15 },
    );
  });

  it("are refused from a damaged file, with what to do", async () => {
    const { options, path } = await newProject();
    await (await openVault(options)).ensure(requests);
    await writeFile(path("versions.json"), '{"format":1');
    await expect(readVersions(options.directory, "acme", requests, options.env)).rejects.toMatchObject({
      code: "VERSIONS_DAMAGED",
    });
  });
});
