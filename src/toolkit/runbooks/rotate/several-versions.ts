import { Secret } from "../../../support/secret.ts";
import type { SecretStore } from "../../vault/vault.ts";

/**
 * A store in which each of these secrets, by name, is several of its versions in one text, in this order; its version
 * says so: "1and2". Everything else is what `store` says. `vault` reveals every version.
 */
export function severalVersions(
  store: SecretStore,
  wanted: ReadonlyMap<string, readonly string[]>,
  vault: SecretStore,
): SecretStore {
  return {
    versions: () =>
      new Map([
        ...store.versions(),
        ...[...wanted].map(([name, versions]) => [name, versions.join(TOGETHER)] as const),
      ]),
    reveal: ({ name, version }) => {
      if (!wanted.has(name) || !version.includes(TOGETHER)) return store.reveal({ name, version });
      const parts = version.split(TOGETHER).map((one) => vault.reveal({ name, version: one }).reveal());
      return new Secret(parts.reduce((text, part) => `${text}${text.endsWith("\n") ? "" : "\n"}${part}`));
    },
  };
}

const TOGETHER = "and";
