import type { Entry } from "./entry.ts";
import { isIssuedBy } from "./pki.ts";
import type { VaultContent } from "./vault-file.ts";

/**
 * The entries, in which each certificate that must not go to a machine any more is due: one that no authority here has
 * issued, as the authority was replaced while no service asked for the certificate, and one whose version its successor
 * has too. Files of earlier releases hold either.
 */
export function markDue({ entries, successors }: VaultContent): ReadonlyMap<string, Entry> {
  const authorities = [...entries].flatMap(([name, { kind, values }]) =>
    kind === "authority" ? [values[`${name}.crt`]!] : [],
  );
  const isOfUse = (name: string, { version, values }: Entry): boolean =>
    successors.get(name)?.version !== version &&
    authorities.some((authority) => isIssuedBy(values[`${name}.crt`]!, authority));
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      entry.kind !== "certificate" || isOfUse(name, entry) ? entry : { ...entry, renewAfter: 0 },
    ]),
  );
}
