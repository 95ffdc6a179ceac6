import { UserError } from "../../support/errors.ts";
import { Secret } from "../../support/secret.ts";
import type { Identity } from "../raft/shell/tls-options.ts";
import { readNamed } from "./config-file.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * What a node proves itself with to other members, from its files. Throws MAILNODE_FILE_UNREADABLE and
 * MAILNODE_NO_CERTIFICATE.
 */
export async function readIdentity(files: {
  readonly pem: string;
  readonly authority: string;
}): Promise<Identity> {
  const pem = await readNamed(files.pem);
  const authority = await readNamed(files.authority);
  return {
    // TLS finds the key in it; the certificates, which may be seen, are taken out by themselves.
    key: new Secret(pem),
    certificate: certificatesIn(files.pem, pem),
    authority: certificatesIn(files.authority, authority),
  };
}

/** Without an authority of ours, Node would trust everybody whom the system trusts. */
function certificatesIn(file: string, text: string): string {
  const found = text.match(CERTIFICATE);
  // Each begins on a line of its own, however the file ends its lines: Node stops, and says nothing, where one does not.
  if (found) return found.map((certificate) => `${certificate}\n`).join("");
  throw new UserError(
    "MAILNODE_NO_CERTIFICATE",
    `${file} holds no certificate`,
    "put it there in PEM, from its BEGIN to its END line",
  );
}
