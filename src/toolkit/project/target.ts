import { readFile } from "node:fs/promises";
import { join, resolve as resolvePath } from "node:path";
import { UserError } from "../../support/errors.ts";
import { shapes } from "../containers/shapes.ts";
import { labPaths, requireLabState } from "../lab/state.ts";
import { Routes } from "../ssh/login.ts";
import { sshOptions, type SshOptions } from "../ssh/options.ts";
import { resolve } from "../topology/resolve.ts";
import type { Topology } from "../topology/topology.ts";
import { loadCluster } from "./load-cluster.ts";

/** The machines that a command works on, with all it needs to reach them and to know their secrets. */
export interface Target {
  readonly topology: Topology;
  /** Where vault, known hosts and logs lie: below .mailbastion/<cluster>/ of this folder. */
  readonly directory: string;
  /** The folder of the description, where hooks, overrides and own runbooks lie; also of a lab. */
  readonly project: string;
  /** The description's own path; absent for a synthesised stack, whose description is a program. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ssh: SshOptions;
  /** For a synthesised stack: what its bundles were, to refuse one that another version made. */
  readonly hashes?: ReadonlyMap<string, string>;
}

export interface TargetOptions {
  readonly file?: string | undefined;
  /** A lab instead of the machines described: by its name, or true for the one named after the cluster. */
  readonly lab?: true | string | undefined;
  /** A synthesised stack's folder, instead of a description and of a lab. */
  readonly stack?: string | undefined;
  /** Private keys to log in with, tried first. */
  readonly identity?: readonly string[] | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the target's machines show as their host keys, where an engine can be asked for it instead of believing the
 * first connection: containers that Terraform made. Existing hosts are trusted by `mbctl trust`.
 */
export async function learnContainerKeys({ topology, ssh }: Target): Promise<void> {
  if (topology.platform.kind !== "docker" || topology.tls.public.kind === "lab") return;
  // Read only here: a client of Docker is slow to load, and most commands have none to talk to.
  const [{ engineAt }, { learnHostKeys }] = await Promise.all([
    import("../lab/engine.ts"),
    import("../lab/host-keys.ts"),
  ]);
  const { docker } = await engineAt(topology.platform.endpoint);
  const containers = new Map(shapes(topology).containers.map(({ machine, name }) => [machine, name]));
  const routes = new Routes(ssh);
  const hosts = await Promise.all(
    topology.machines.map(async ({ name, ssh: target }) => {
      const { host, port } = (await routes.to(name, target)).login;
      return { container: containers.get(name)!, host, port };
    }),
  );
  await learnHostKeys(docker, hosts, ssh.knownHostsFiles[0]!);
}

/**
 * Throws what loading a description throws, LAB_NAME_INVALID, LAB_UNKNOWN, STACK_UNREADABLE, TLS_PUBLIC_MISSING, and
 * TARGET_CHOICE where a stack is named beside a description or a lab.
 */
export async function openTarget(options: TargetOptions, environment: Environment): Promise<Target> {
  const { lab, stack } = options;
  if (stack !== undefined) {
    refuseBeside(options);
    return stackTarget(stack, options, environment);
  }
  const { spec, file, directory } = await loadCluster(options.file);
  // An empty name is a mistake, such as an empty variable of a script, and must not lead to the real machines.
  const target =
    lab === undefined
      ? realTarget(resolve(spec), directory, options, environment)
      : await labTarget(directory, lab === true ? spec.name : lab, environment);
  return { ...target, file };
}

/** A stack knows its machines itself: what else is named would be passed over, and the real machines worked on. */
function refuseBeside({ lab, file }: TargetOptions): void {
  if (lab === undefined && file === undefined) return;
  throw new UserError(
    "TARGET_CHOICE",
    `--stack and ${lab === undefined ? "--file" : "--lab"} exclude each other`,
    "leave out --stack for a lab or for the machines of a description; a stack is synthesised of one description",
  );
}

/** A lab has a vault and a key of its own: its secrets are never those of the machines it imitates. */
async function labTarget(project: string, name: string, environment: Environment): Promise<Target> {
  const state = await requireLabState(project, name);
  const paths = labPaths(project, name);
  const own = { ...environment, MAILBASTION_KEY_FILE: join(paths.directory, "vault.key") };
  const ssh = sshOptions(paths.directory, name, own, [paths.key]);
  return {
    topology: state.topology,
    directory: paths.directory,
    project,
    environment: own,
    ssh: { ...ssh, knownHostsFiles: [paths.knownHosts] },
  };
}

async function stackTarget(
  folder: string,
  options: TargetOptions,
  environment: Environment,
): Promise<Target> {
  const path = resolvePath(folder);
  const [topology, manifest] = await Promise.all([
    readJson<Topology>(join(path, "topology.json")),
    readJson<{
      readonly project: string;
      readonly machines: Readonly<Record<string, { readonly hash: string }>>;
    }>(join(path, "bundle.json")),
  ]);
  const target = realTarget(topology, resolvePath(path, manifest.project), options, environment);
  return {
    ...target,
    hashes: new Map(Object.entries(manifest.machines).map(([machine, { hash }]) => [machine, hash])),
  };
}

function realTarget(
  topology: Topology,
  directory: string,
  options: TargetOptions,
  environment: Environment,
): Target {
  if (topology.tls.public.kind === "lab") {
    throw new UserError(
      "TLS_PUBLIC_MISSING",
      `the cluster ${topology.cluster} names no certificate for its clients`,
      "name certificate and key in tls.public; for a lab, which makes its own, add --lab",
    );
  }
  const fromEnvironment = environment["MAILBASTION_SSH_KEY_FILE"];
  const keys = [...(options.identity ?? []), ...(fromEnvironment ? [fromEnvironment] : [])];
  return {
    topology,
    directory,
    project: directory,
    environment,
    ssh: sshOptions(directory, topology.cluster, environment, keys),
  };
}

async function readJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch (error) {
    throw new UserError(
      "STACK_UNREADABLE",
      `${path} cannot be read`,
      "synthesise the stack again: cdktf synth",
      { cause: error },
    );
  }
}
