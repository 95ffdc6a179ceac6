import { WORK_DIRECTORY } from "../services/arbitrator/names.ts";
import type { Machine, Role, Topology } from "../topology/topology.ts";
import { witnessOf } from "../topology/voters.ts";

/** What a role asks of the container that holds it, beyond what systemd needs. */
export interface Needs {
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  /** Data that outlives the container, by the last part of its volume's name. */
  readonly data: Readonly<Record<string, string>>;
}

/** GlusterFS writes trusted.* attributes on bricks and mounts through FUSE; both are refused without SYS_ADMIN. */
const GLUSTER = { capabilities: ["SYS_ADMIN"], devices: ["/dev/fuse"] } as const;

/** Every machine has a firewall of its own; the balancers move the VIP with the same right. */
const EVERY_MACHINE: Needs = { capabilities: ["NET_ADMIN"], devices: [], data: {} };

/**
 * The union of what a machine's roles need, each list sorted and without doubles. Measured one by one: nothing in it
 * can be left out, and systemd itself needs none of it.
 */
export function needsOf(topology: Topology, machine: Machine): Needs {
  const all = [EVERY_MACHINE, ...machine.roles.map((role) => roleNeeds(topology, role))];
  const data = all.flatMap((needs) => Object.entries(needs.data));
  return {
    capabilities: [...new Set(all.flatMap((needs) => needs.capabilities))].toSorted(),
    devices: [...new Set(all.flatMap((needs) => needs.devices))].toSorted(),
    data: Object.fromEntries(data.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function roleNeeds(topology: Topology, role: Role): Needs {
  switch (role) {
    case "balancer":
      return { capabilities: [], devices: [], data: {} };
    case "mail":
      return { ...GLUSTER, data: { mail: "/var/lib/mailbastion" } };
    case "database":
      return { capabilities: [], devices: [], data: { database: "/var/lib/mysql" } };
    case "cache":
      return { capabilities: [], devices: [], data: { cache: "/var/lib/redis" } };
    case "storage":
      return { ...GLUSTER, data: { brick: topology.storage.brickPath, glusterd: "/var/lib/glusterd" } };
    case "witness":
      return witnessNeeds(topology);
  }
}

/** What its votes rest on: it must not forget how it has voted. */
function witnessNeeds(topology: Topology): Needs {
  const storage = witnessOf(topology, "storage") ? roleNeeds(topology, "storage") : undefined;
  return {
    capabilities: storage?.capabilities ?? [],
    devices: [],
    data: {
      ...storage?.data,
      ...(witnessOf(topology, "mail") && { mail: "/var/lib/mailbastion" }),
      ...(witnessOf(topology, "database") && { arbitrator: WORK_DIRECTORY }),
    },
  };
}
