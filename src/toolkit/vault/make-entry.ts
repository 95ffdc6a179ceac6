import { randomBytes } from "node:crypto";
import { type Entry, type StoredRequest, subjectOf } from "./entry.ts";
import { generatePassword } from "./password.ts";
import { type KeyPair, makeAuthority, makeCertificate, renewAfter } from "./pki.ts";

/** What making a secret may need to know. */
export interface Making {
  readonly cluster: string;
  readonly version: string;
  readonly now: number;
  /** The key pair of an authority that was made before. */
  authority(name: string): KeyPair;
}

/** Generates the answer to a request. */
export async function makeEntry(request: StoredRequest, making: Making): Promise<Entry> {
  const { kind, name } = request;
  const { version, now } = making;
  switch (kind) {
    case "password":
      return { kind, version, values: { [name]: generatePassword(request.length) } };
    case "key":
      return { kind, version, values: { [name]: randomBytes(request.bytes).toString("base64") } };
    case "authority": {
      const pair = await makeAuthority(`Mailbastion ${making.cluster} ${name}`, now);
      return { kind, version, values: { [`${name}.key`]: pair.key, [`${name}.crt`]: pair.certificate } };
    }
    case "certificate": {
      const pair = await makeCertificate(request, making.authority(request.authority), now);
      const subject = subjectOf(request);
      return {
        kind,
        version,
        subject,
        renewAfter: renewAfter(pair.certificate),
        values: pairValues(name, pair),
      };
    }
  }
}

/** A key pair under its three names; the `.pem` is what HAProxy and others read as one file. */
export function pairValues(name: string, pair: KeyPair): Readonly<Record<string, string>> {
  return {
    [`${name}.key`]: pair.key,
    [`${name}.crt`]: pair.certificate,
    [`${name}.pem`]: pair.certificate + pair.key,
  };
}
