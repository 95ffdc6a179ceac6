import { createHash } from "node:crypto";

/** SHA-256 in lower-case hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Enough of a hash for a file name: 48 bits, 1 in 10^7 for a collision among 10,000 files. */
export function shortHash(content: string | Uint8Array): string {
  return sha256(content).slice(0, 12);
}
