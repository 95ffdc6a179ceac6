import { Secret } from "../../../support/secret.ts";
import type { SecretStore } from "../../vault/vault.ts";

/** The version of an authority's certificate while both are trusted: "1and2". */
function bothVersion(next: string): string {
  return `${Number(next) - 1}and${next}`;
}

/**
 * A store in which the certificate of each of these authorities, by name and coming version, is the present one and
 * the coming one in one text. Everything else is what `store` says. `vault` reveals both versions.
 */
export function trustBoth(
  store: SecretStore,
  authorities: ReadonlyMap<string, string>,
  vault: SecretStore,
): SecretStore {
  const next = new Map<string, string>([...authorities].map(([name, version]) => [`${name}.crt`, version]));
  return {
    versions: () =>
      new Map([
        ...store.versions(),
        ...[...next].map(([name, version]) => [name, bothVersion(version)] as const),
      ]),
    reveal: ({ name, version }) => {
      const coming = next.get(name);
      if (coming === undefined || version !== bothVersion(coming)) return store.reveal({ name, version });
      const part = (one: string) => vault.reveal({ name, version: one }).reveal();
      return new Secret(part(String(Number(coming) - 1)) + part(coming));
    },
  };
}
