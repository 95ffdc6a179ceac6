import type { SecretRef } from "../../support/placeholder.ts";
import { Secret } from "../../support/secret.ts";
import type { SecretRequest } from "../services/service.ts";
import { inOrderOfMaking } from "./entry.ts";
import { makeEntry, pairValues } from "./make-entry.ts";
import { type KeyPair, makeAuthority, makeCertificate } from "./pki.ts";
import type { SecretStore } from "./vault.ts";

/**
 * Made-up values of the right shape, in memory only, so that programs can check files before any secret
 * exists. It answers every version, and makes a certificate where the operator's file would be read.
 */
export async function throwawayVault(requests: readonly SecretRequest[], now: number): Promise<SecretStore> {
  const values = new Map<string, string>();
  const authorities = new Map<string, KeyPair>();
  for (const request of inOrderOfMaking(requests)) {
    for (const [name, text] of Object.entries(await madeUp(request, authorities, now)))
      values.set(name, text);
    const [key, certificate] = [values.get(`${request.name}.key`), values.get(`${request.name}.crt`)];
    if (request.kind === "authority") authorities.set(request.name, { key: key!, certificate: certificate! });
  }
  return {
    versions: () => new Map([...values.keys()].map((name) => [name, "1"])),
    reveal: (ref: SecretRef) => {
      const text = values.get(ref.name);
      if (text === undefined) throw new Error(`no service asks the vault for ${ref.name}`);
      return new Secret(text);
    },
  };
}

async function madeUp(
  request: SecretRequest,
  authorities: ReadonlyMap<string, KeyPair>,
  now: number,
): Promise<Readonly<Record<string, string>>> {
  if (request.kind === "files") {
    const signer = await makeAuthority("Mailbastion throwaway", now);
    const subject = { commonName: "throwaway", names: ["throwaway.invalid"], addresses: [] };
    const pair = await makeCertificate(
      { kind: "certificate", name: request.name, authority: "", ...subject },
      signer,
      now,
    );
    return pairValues(request.name, pair);
  }
  const authority = (name: string): KeyPair => {
    const pair = authorities.get(name);
    if (!pair) throw new Error(`no request makes the authority ${name}`);
    return pair;
  };
  return (await makeEntry(request, { cluster: "throwaway", version: "1", now, authority })).values;
}
