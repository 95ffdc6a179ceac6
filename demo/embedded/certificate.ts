import { makeAuthority, makeCertificate } from "../../src/toolkit/vault/pki.ts";

/** A key and its certificate for loopback, as one PEM text, from an authority that is forgotten at once. */
export async function loopbackPem(): Promise<string> {
  const now = Date.now();
  const authority = await makeAuthority("embedded demonstration", now);
  const pair = await makeCertificate(
    {
      kind: "certificate",
      name: "loopback",
      authority: "demonstration",
      commonName: "localhost",
      names: ["localhost"],
      addresses: ["127.0.0.1"],
    },
    authority,
    now,
  );
  return pair.key + pair.certificate;
}
