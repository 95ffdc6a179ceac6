import { Secret } from "../../support/secret.ts";
import type { Identity } from "../raft/shell/tls-options.ts";
import { readNamed } from "./config-file.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g;

/** What a node proves itself with to other members, from its files. Throws MAILNODE_FILE_UNREADABLE. */
export async function readIdentity(files: {
  readonly pem: string;
  readonly authority: string;
}): Promise<Identity> {
  const pem = await readNamed(files.pem);
  return {
    // TLS finds the key in it; the certificates, which may be seen, are taken out by themselves.
    key: new Secret(pem),
    certificate: (pem.match(CERTIFICATE) ?? []).join(""),
    authority: await readNamed(files.authority),
  };
}
