import type { Topology } from "../topology/topology.ts";
import type { SecretRequest } from "./service.ts";

/** The authority that signs what the cluster makes itself. */
export const AUTHORITY_SECRET = "pki/authority";

/** The certificate that clients see. */
export const PUBLIC_SECRET = "tls/public";

/** Balancers and mail nodes hold the same one, so that all of them ask for it with this request. */
export function publicCertificate({ mail, network, tls }: Topology): SecretRequest {
  if (tls.public.kind === "files") {
    const { certificateFile, keyFile } = tls.public;
    return { kind: "files", name: PUBLIC_SECRET, certificateFile, keyFile };
  }
  return {
    kind: "certificate",
    name: PUBLIC_SECRET,
    authority: AUTHORITY_SECRET,
    commonName: mail.hostname,
    names: [mail.hostname],
    addresses: [network.vip],
  };
}
