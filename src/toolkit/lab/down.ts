import type { Engine } from "./engine.ts";
import { systemHost, type Host } from "./host.ts";
import { LAB_LABEL, PROJECT_LABEL } from "./labels.ts";
import { blackholes, removeBlackhole } from "./routes.ts";
import { labPaths, labsOf, removeLabState } from "./state.ts";

export interface DownOptions {
  readonly project: string;
  /** Default: every lab of the project, also what a run that was killed left behind. */
  readonly name?: string;
  readonly host?: Host;
}

/** What was removed, by kind. All zero when there was nothing. */
export interface Removed {
  readonly containers: number;
  readonly volumes: number;
  readonly networks: number;
}

/**
 * Removes a lab with all its data: containers, volumes and network by their labels, the route, the files in the
 * project. Safe to repeat; images stay.
 */
export async function labDown(engine: Engine, options: DownOptions): Promise<Removed> {
  const { docker } = engine;
  const host = options.host ?? systemHost;
  const filters = { label: [`${PROJECT_LABEL}=${options.project}`, labFilter(options.name)] };

  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove()));
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));

  await removeStaleRoutes(engine, host);
  const names = options.name === undefined ? await labsOf(options.project) : [options.name];
  for (const name of names) await removeLabState(labPaths(options.project, name));
  return { containers: containers.length, volumes: volumes.length, networks: networks.length };
}

/** Takes away the routes behind networks that are gone, whoever left them. */
async function removeStaleRoutes({ docker }: Engine, host: Host): Promise<void> {
  const networks = await docker.listNetworks({ filters: { label: [LAB_LABEL] } });
  const alive = new Set(networks.flatMap(({ IPAM }) => IPAM?.Config?.map(({ Subnet }) => Subnet) ?? []));
  for (const cidr of await blackholes(host)) if (!alive.has(cidr)) await removeBlackhole(host, cidr);
}

function labFilter(name: string | undefined): string {
  return name === undefined ? LAB_LABEL : `${LAB_LABEL}=${name}`;
}
