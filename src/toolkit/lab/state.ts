import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../support/errors.ts";
import { replaceFile } from "../disk/replace-file.ts";
import type { Topology } from "../topology/topology.ts";

/** What is known of a lab that is up, as it lies on the operator's disk. */
export interface LabState {
  readonly name: string;
  readonly image: string;
  /** The lab's end of the network, where its next hop and its clients run. */
  readonly gateway: string;
  readonly network: string;
  /** The described cluster, moved into the lab's network. */
  readonly topology: Topology;
  /** Container by machine. */
  readonly containers: Readonly<Record<string, string>>;
}

/** Where a project keeps what belongs to one lab. */
export interface LabPaths {
  readonly directory: string;
  readonly state: string;
  /** Private key of root on the lab's machines, made for this lab alone. */
  readonly key: string;
  readonly knownHosts: string;
}

/** A name becomes a folder that is removed with the lab, and a part of the containers' names. */
const NAME = /^[a-z0-9][a-z0-9-]{0,47}$/;

/** Throws LAB_NAME_INVALID. */
export function assertLabName(name: string): void {
  if (NAME.test(name)) return;
  throw new UserError(
    "LAB_NAME_INVALID",
    `${JSON.stringify(name)} cannot be the name of a lab`,
    "take lower-case letters, digits and hyphens, at most 48",
  );
}

/** Throws LAB_NAME_INVALID. */
export function labPaths(project: string, name: string): LabPaths {
  assertLabName(name);
  const directory = join(labsDirectory(project), name);
  return {
    directory,
    state: join(directory, "state.json"),
    key: join(directory, "id_ed25519"),
    knownHosts: join(directory, "known_hosts"),
  };
}

function labsDirectory(project: string): string {
  return join(project, ".mailbastion", "labs");
}

export async function writeLabState(paths: LabPaths, state: LabState): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  await replaceFile(paths.state, `${JSON.stringify(state, undefined, 2)}\n`, 0o600);
}

/** The lab's state, or undefined when no such lab is up in this project. */
export async function readLabState(paths: LabPaths): Promise<LabState | undefined> {
  const text = await readFile(paths.state, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as LabState);
}

/** The names of the labs that this project has up, and of those that it has files of. */
export async function labsOf(project: string): Promise<readonly string[]> {
  const entries = await readdir(labsDirectory(project), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders.toSorted();
}

/** The state of a lab that must be up. Throws LAB_UNKNOWN. */
export async function requireLabState(project: string, name: string): Promise<LabState> {
  const state = await readLabState(labPaths(project, name));
  if (state) return state;
  const others = await labsOf(project);
  throw new UserError(
    "LAB_UNKNOWN",
    `no lab ${JSON.stringify(name)} is up in this project${others.length > 0 ? `; up are: ${others.join(", ")}` : ""}`,
    `start it with \`mbctl lab up --name ${name}\``,
  );
}

export async function removeLabState(paths: LabPaths): Promise<void> {
  await rm(paths.directory, { recursive: true, force: true });
}
