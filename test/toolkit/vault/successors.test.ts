import { readFile } from "node:fs/promises";
import { describe, expect, it } from "@jest/globals";
import type { StoredRequest } from "../../../src/toolkit/vault/entry.ts";
import { openVault, type Vault } from "../../../src/toolkit/vault/vault.ts";
import { authority, certificate, newProject, password, requests, type Project } from "./fixtures.ts";

const NAMES = ["cache/password"];

async function vaultOf(project: Project): Promise<Vault> {
  const vault = await openVault(project.options);
  await vault.ensure(requests);
  return vault;
}

const prepare = (vault: Vault, run: string, which: readonly StoredRequest[] = [password as StoredRequest]) =>
  vault.prepareSuccessors(which, run);
const revealed = (vault: Vault, version: string) =>
  vault.reveal({ name: "cache/password", version }).reveal();

describe("the successor of a secret", () => {
  it("is there beside it, and everything that asks for the present one gets that", async () => {
    const vault = await vaultOf(await newProject());
    const before = revealed(vault, "1");
    expect(await prepare(vault, "run-1")).toEqual(new Map([["cache/password", "2"]]));
    expect(vault.versions().get("cache/password")).toBe("1");
    expect(revealed(vault, "1")).toBe(before);
    expect(revealed(vault, "2")).toMatch(/^\w{32}$/);
    expect(revealed(vault, "2")).not.toBe(before);
  });

  it("is not written before it is kept", async () => {
    const project = await newProject();
    const vault = await vaultOf(project);
    const sealed = await readFile(project.path("vault.age"), "utf8");
    await prepare(vault, "run-1");
    expect(await readFile(project.path("vault.age"), "utf8")).toBe(sealed);
    expect(vault.hasKept(NAMES, "run-1")).toBe(false);
  });

  it("is the same for a run that died and for another one after it", async () => {
    const project = await newProject();
    const first = await vaultOf(project);
    await prepare(first, "run-1");
    await first.keepSuccessors(NAMES, "run-1");
    const value = revealed(first, "2");

    const resumed = await vaultOf(project);
    await prepare(resumed, "run-1");
    expect(resumed.hasKept(NAMES, "run-1")).toBe(true);
    expect(revealed(resumed, "2")).toBe(value);
    expect(resumed.versions().get("cache/password")).toBe("1");

    await prepare(resumed, "run-2");
    expect(resumed.hasKept(NAMES, "run-2")).toBe(false);
    expect(revealed(resumed, "2")).toBe(value);
  });

  it("takes the place of what was there, once, also where the run is told to again", async () => {
    const project = await newProject();
    const vault = await vaultOf(project);
    await prepare(vault, "run-1");
    await vault.keepSuccessors(NAMES, "run-1");
    const value = revealed(vault, "2");
    await vault.adoptSuccessors(NAMES);

    const again = await vaultOf(project);
    expect(await prepare(again, "run-1")).toEqual(new Map([["cache/password", "2"]]));
    expect(again.hasKept(NAMES, "run-1")).toBe(true);
    await again.keepSuccessors(NAMES, "run-1");
    await again.adoptSuccessors(NAMES);
    expect(again.versions().get("cache/password")).toBe("2");
    expect(revealed(again, "2")).toBe(value);
    expect(() => revealed(again, "1")).toThrow("the files were made for version 1 of cache/password");
    expect(JSON.parse(await readFile(project.path("versions.json"), "utf8"))).toMatchObject({
      secrets: { "cache/password": { kind: "password", version: "2" } },
    });
  });

  it("of a certificate is issued by the successor of its authority, where that is made anew as well", async () => {
    const vault = await vaultOf(await newProject());
    await prepare(vault, "run-1", [certificate, authority as StoredRequest]);
    const { X509Certificate } = await import("node:crypto");
    const text = (name: string, version: string) =>
      new X509Certificate(vault.reveal({ name, version }).reveal());
    const leaf = text("pki/node-1.crt", "2");
    expect(leaf.verify(text("pki/cluster.crt", "2").publicKey)).toBe(true);
    expect(leaf.verify(text("pki/cluster.crt", "1").publicKey)).toBe(false);
  });
});
