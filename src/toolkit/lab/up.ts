import { PORTS } from "../../contract/ports.ts";
import { formatAddress, parseCidr } from "../../support/ipv4.ts";
import { MACHINE_LABEL, shapes, type ShapeOptions } from "../containers/shapes.ts";
import type { Shapes } from "../containers/shape.ts";
import { rehome } from "../topology/rehome.ts";
import type { Topology } from "../topology/topology.ts";
import { makeMachines } from "./make-machines.ts";
import { labDown } from "./down.ts";
import type { Engine } from "./engine.ts";
import { systemHost, type Host } from "./host.ts";
import { readHostKeys } from "./host-keys.ts";
import { LAB_LABEL, PROJECT_LABEL } from "./labels.ts";
import { ensureLabKey } from "./lab-key.ts";
import { openLab, type Lab } from "./lab.ts";
import { start } from "./power.ts";
import { waitForSsh, waitForSystem } from "./ready.ts";
import { addBlackhole, routesOf } from "./routes.ts";
import { assertSame, findLab } from "./existing.ts";
import { labPaths, writeLabState, type LabState } from "./state.ts";
import { chooseSubnet, type TakenNetwork } from "./subnet.ts";

export interface LabOptions {
  /** Unique among the labs of this machine. */
  readonly name: string;
  /** The folder that holds the lab's key, known hosts and state. */
  readonly project: string;
  readonly image: string;
  /** Default: a free one. */
  readonly cidr?: string;
  readonly report: (line: string) => void;
  readonly host?: Host;
}

/** How often a network is chosen anew when another lab was quicker. */
const ATTEMPTS = 5;

/** Where the lab's own next hop listens, at the lab's end of the network. */
export const NEXT_HOP_PORT = 2525;

/**
 * The described cluster's machines on the local engine, with nothing on them yet but systemd and sshd, in a network of
 * their own that leads nowhere. Safe to repeat: a lab that is up is returned, its stopped machines started.
 *
 * Throws UserErrors, above all LAB_NETWORK_OVERLAP, LAB_NAME_TAKEN, LAB_INCOMPLETE and LAB_DIFFERS. What a failed call
 * made, it removes.
 */
export async function labUp(engine: Engine, described: Topology, options: LabOptions): Promise<Lab> {
  const { name, project } = options;
  const host = options.host ?? systemHost;
  if (options.cidr !== undefined) chooseSubnet([], options.cidr);
  const existing = await findLab(engine, { name, project });
  if (existing) return reuse(engine, host, described, options, existing);

  for (let attempt = 1; ; attempt++) {
    try {
      await make(engine, host, described, options);
      break;
    } catch (error) {
      await labDown(engine, { project, name, host });
      if (attempt === ATTEMPTS || options.cidr !== undefined || !lostTheRace(error)) throw error;
    }
  }
  return finish(await openLab(engine, project, name, host));
}

async function make(engine: Engine, host: Host, described: Topology, options: LabOptions): Promise<void> {
  const paths = labPaths(options.project, options.name);
  const authorizedKey = await ensureLabKey(paths, options.name);
  const cidr = chooseSubnet(await takenNetworks(engine, host), options.cidr);
  const topology = moved(described, cidr);
  const made = shapes(topology, shapeOptions(options, authorizedKey));
  options.report(`making ${topology.machines.length} machines in ${cidr}`);
  await addBlackhole(host, cidr);
  await makeMachines(engine.docker, host, made);
  await Promise.all(made.containers.map((shape) => waitForSystem(engine.docker, shape.machine, shape.name)));
  await writeLabState(paths, stateOf(options, topology, made));
}

/** Whether another lab took the same free network between the look and the grasp. */
function lostTheRace(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Pool overlaps with other one");
}

/** A lab that is there: checked against the description, its stopped machines started. */
async function reuse(
  engine: Engine,
  host: Host,
  described: Topology,
  options: LabOptions,
  existing: LabState,
): Promise<Lab> {
  const { name, project } = options;
  const paths = labPaths(project, name);
  const topology = moved(described, options.cidr ?? existing.topology.network.cidr);
  const made = shapes(topology, shapeOptions(options, await ensureLabKey(paths, name)));
  await assertSame(engine.docker, name, made);
  options.report(`lab ${name} is up already`);
  await writeLabState(paths, stateOf(options, topology, made));
  const lab = await openLab(engine, project, name, host);
  await Promise.all(topology.machines.map((machine) => start(lab, machine.name)));
  return finish(lab);
}

async function finish(lab: Lab): Promise<Lab> {
  await Promise.all(
    lab.state.topology.machines.map(({ name, address }) => waitForSsh(name, address, PORTS.ssh)),
  );
  await readHostKeys(lab);
  return lab;
}

function moved(described: Topology, cidr: string): Topology {
  const gateway = formatAddress(parseCidr(cidr)!.base + 1);
  return rehome(described, { cidr, nextHop: { host: gateway, port: NEXT_HOP_PORT } });
}

/** How the containers of a lab differ from those of a deployment. */
export function shapeOptions(
  { name, project, image }: Pick<LabOptions, "name" | "project" | "image">,
  authorizedKey: string,
): ShapeOptions {
  return {
    image,
    prefix: `lab-${name}`,
    labels: { [LAB_LABEL]: name, [PROJECT_LABEL]: project },
    lab: true,
    authorizedKey,
  };
}

function stateOf({ name, image }: LabOptions, topology: Topology, made: Shapes): LabState {
  const [network] = made.networks;
  return {
    name,
    image,
    gateway: network!.gateway,
    network: network!.name,
    topology,
    containers: Object.fromEntries(
      made.containers.map((shape) => [shape.labels[MACHINE_LABEL]!, shape.name]),
    ),
  };
}

async function takenNetworks({ docker }: Engine, host: Host): Promise<readonly TakenNetwork[]> {
  const networks = await docker.listNetworks();
  const used = networks.flatMap(({ Name, IPAM }) =>
    (IPAM?.Config ?? []).flatMap(({ Subnet }): TakenNetwork[] => {
      const cidr = parseCidr(Subnet ?? "");
      return cidr ? [{ cidr, by: `the Docker network ${Name}` }] : [];
    }),
  );
  return [...used, ...(await routesOf(host))];
}
