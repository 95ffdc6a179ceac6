import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeAuthority, makeCertificate, type KeyPair } from "../../src/toolkit/vault/pki.ts";

export interface MemberCertificate extends KeyPair {
  readonly authority: string;
}

/** A new authority's certificates for members on 127.0.0.1: both sides prove themselves to their peers by such. */
export async function certificatesFor(names: readonly string[]): Promise<readonly MemberCertificate[]> {
  const now = Date.now();
  const authority = await makeAuthority("bench", now);
  return Promise.all(
    names.map(async (name) => {
      const request = {
        kind: "certificate",
        name,
        authority: "bench",
        commonName: name,
        names: [name],
        addresses: ["127.0.0.1"],
      } as const;
      return { ...(await makeCertificate(request, authority, now)), authority: authority.certificate };
    }),
  );
}

/** The files that a program wants which takes paths. */
export async function writeCertificate(
  folder: string,
  { key, certificate, authority }: MemberCertificate,
): Promise<{ readonly key: string; readonly certificate: string; readonly authority: string }> {
  const files = {
    key: join(folder, "peer.key"),
    certificate: join(folder, "peer.crt"),
    authority: join(folder, "ca.crt"),
  };
  await writeFile(files.key, key, { mode: 0o600 });
  await writeFile(files.certificate, certificate);
  await writeFile(files.authority, authority);
  return files;
}
