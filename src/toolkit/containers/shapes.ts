import { formatAddress, parseAddress, parseCidr } from "../../support/ipv4.ts";
import { sysctlsFor } from "../services/kernel/sysctls.ts";
import type { Machine, Topology } from "../topology/topology.ts";
import { needsOf } from "./needs.ts";
import type { ContainerShape, NetworkShape, Shapes, Upload, VolumeShape } from "./shape.ts";

/** Each has the value of a deployment as its default. */
export interface ShapeOptions {
  readonly image?: string;
  /** Starts the name of everything that is made, unique on its engine: the cluster's name, or a lab's. */
  readonly prefix?: string;
  /** Put on everything that is made, beside the cluster's name and the machine's. */
  readonly labels?: Readonly<Record<string, string>>;
  /** A lab has no way out, and a machine that lost its power stays down until somebody starts it. */
  readonly lab?: boolean;
  /** A public key in OpenSSH's format that root may log in with. Without one the image must bring it. */
  readonly authorizedKey?: string;
}

/** The last machine image that was built on an engine. */
export const MACHINE_IMAGE = "mailbastion/machine:bookworm";
export const CLUSTER_LABEL = "mailbastion.cluster";
export const MACHINE_LABEL = "mailbastion.machine";

/**
 * systemd as PID 1 needs these fresh, and its cgroups writable: with a private cgroup namespace Docker mounts them
 * read-only and systemd exits (moby issue 46763), so it gets the host's. Unlike Docker's default, /tmp and /run are
 * not noexec: package scripts are run there.
 */
const TMPFS = {
  "/run": "rw,exec,nosuid,nodev,mode=755",
  "/run/lock": "rw,noexec,nosuid,nodev,mode=1777",
  "/tmp": "rw,exec,nosuid,nodev,mode=1777",
} as const;
const CGROUPS = { hostPath: "/sys/fs/cgroup", path: "/sys/fs/cgroup", readOnly: false } as const;

/** MariaDB's unit takes up to 900 s to stop in order; Docker must not be the first to lose patience. */
const STOP_TIMEOUT_S = 960;

/** A prefix that has been settled. */
type Settled = ShapeOptions & { readonly prefix: string };

/** Network, volumes and containers of a cluster, as data, the same for the same input to the last byte. */
export function shapes(topology: Topology, options: ShapeOptions = {}): Shapes {
  const prefix = options.prefix ?? topology.cluster;
  const labels = { ...options.labels, [CLUSTER_LABEL]: topology.cluster };
  const containers = topology.machines.map((machine) =>
    containerShape(topology, machine, { ...options, prefix }, labels),
  );
  return {
    networks: [networkShape(topology, { ...options, prefix }, sortKeys(labels))],
    volumes: containers.flatMap((container): VolumeShape[] =>
      container.volumes.map(({ volume }) => ({ name: volume, labels: container.labels })),
    ),
    containers,
  };
}

function networkShape(
  topology: Topology,
  options: Settled,
  labels: Readonly<Record<string, string>>,
): NetworkShape {
  const { cidr, vip } = topology.network;
  const taken = new Set([vip, ...topology.machines.map(({ address }) => address)].map(parseAddress));
  let gateway = parseCidr(cidr)!.base + 1;
  while (taken.has(gateway)) gateway++;
  return {
    name: options.prefix,
    cidr,
    gateway: formatAddress(gateway),
    internal: options.lab ?? false,
    driver: "bridge",
    labels,
  };
}

function containerShape(
  topology: Topology,
  machine: Machine,
  options: Settled,
  labels: Readonly<Record<string, string>>,
): ContainerShape {
  const needs = needsOf(topology, machine);
  const name = `${options.prefix}-${machine.name}`;
  return {
    machine: machine.name,
    name,
    hostname: machine.name,
    image: options.image ?? MACHINE_IMAGE,
    network: options.prefix,
    address: machine.address,
    capabilities: needs.capabilities,
    devices: needs.devices,
    sysctls: sortKeys(sysctlsFor(topology, machine)),
    tmpfs: TMPFS,
    volumes: Object.entries(needs.data).map(([purpose, path]) => ({ volume: `${name}-${purpose}`, path })),
    binds: [CGROUPS],
    cgroupns: "host",
    uploads: options.authorizedKey === undefined ? [] : [authorizedKeys(options.authorizedKey)],
    stopSignal: "SIGRTMIN+3",
    stopTimeoutS: STOP_TIMEOUT_S,
    restart: options.lab ? "no" : "unless-stopped",
    labels: sortKeys({ ...labels, [MACHINE_LABEL]: machine.name }),
  };
}

function authorizedKeys(key: string): Upload {
  return { path: "/root/.ssh/authorized_keys", mode: "0600", content: `${key.trim()}\n` };
}

function sortKeys(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
