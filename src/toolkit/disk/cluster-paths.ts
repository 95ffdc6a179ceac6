import { join } from "node:path";

/** Where a project keeps what belongs to one cluster and is not part of its description. */
export interface ClusterPaths {
  readonly directory: string;
  /** The secrets, encrypted. */
  readonly vault: string;
  /** Names and versions of the secrets: nothing secret, read without a key. */
  readonly versions: string;
  /** The host keys that this project trusts, in OpenSSH's format. */
  readonly knownHosts: string;
  /** One log per run of a command that changes something. */
  readonly runs: string;
}

export function clusterPaths(project: string, cluster: string): ClusterPaths {
  const directory = join(project, ".mailbastion", cluster);
  return {
    directory,
    vault: join(directory, "vault.age"),
    versions: join(directory, "versions.json"),
    knownHosts: join(directory, "known_hosts"),
    runs: join(directory, "runs"),
  };
}
