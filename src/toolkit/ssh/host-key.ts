import { createHash } from "node:crypto";

/** A machine's public host key. */
export interface HostKey {
  /** "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa" ... */
  readonly type: string;
  /** The key in SSH's wire format, base64: as it stands in known_hosts. */
  readonly base64: string;
}

/** The key that a server showed. Its wire format begins with its type. RFC 4253, 6.6. */
export function hostKeyFrom(blob: Buffer): HostKey {
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1");
  return { type, base64: blob.toString("base64") };
}

/** As OpenSSH prints it: "SHA256:" and base64 without padding. */
export function fingerprint(key: HostKey): string {
  const digest = createHash("sha256").update(Buffer.from(key.base64, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** For people: "ED25519 SHA256:...". */
export function describeKey(key: HostKey): string {
  const type = key.type.replace(/^ssh-/, "").replace(/^ecdsa-sha2-nistp\d+$/, "ecdsa");
  return `${type.toUpperCase()} ${fingerprint(key)}`;
}

const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/**
 * The signature algorithms to offer, those of the known key types first: a server with several keys then
 * shows the one that we can compare. SHA-1 signatures are not offered.
 */
export function hostKeyAlgorithms(knownTypes: readonly string[]): readonly string[] {
  const known = Object.keys(SIGNATURES).filter((type) => knownTypes.includes(type));
  const others = Object.keys(SIGNATURES).filter((type) => !knownTypes.includes(type));
  return [...known, ...others].flatMap((type) => SIGNATURES[type]!);
}
