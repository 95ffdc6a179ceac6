import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { throwawayVault } from "../../../src/toolkit/vault/throwaway-vault.ts";
import { requests, START } from "./fixtures.ts";

describe("a throwaway vault", () => {
  it("answers every request in the right shape, whatever version is asked for", async () => {
    const files = {
      kind: "files",
      name: "tls/public",
      certificateFile: "/nowhere",
      keyFile: "/nowhere",
    } as const;
    const vault = await throwawayVault([...requests, files], START);
    const reveal = (name: string): string => vault.reveal({ name, version: "17" }).reveal();

    expect(reveal("cache/password")).toHaveLength(32);
    const issuer = new X509Certificate(reveal("pki/cluster.crt"));
    expect(new X509Certificate(reveal("pki/node-1.pem")).verify(issuer.publicKey)).toBe(true);
    expect(reveal("tls/public.pem")).toMatch(/BEGIN CERTIFICATE[^]*BEGIN PRIVATE KEY/);
    expect(new Set(vault.versions().values())).toEqual(new Set(["1"]));
  });

  it("knows nothing that was not asked for", async () => {
    const vault = await throwawayVault(requests, START);
    expect(() => vault.reveal({ name: "other", version: "1" })).toThrow(
      "no service asks the vault for other",
    );
  });
});
