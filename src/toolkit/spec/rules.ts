import { Duration } from "../../support/duration.ts";
import type { Fault } from "../../support/errors.ts";
import { formatCidr, isHost, overlaps, parseAddress, parseCidr } from "../../support/ipv4.ts";
import type { ClusterSpec } from "./schema.ts";

/** A rule that reaches across sections: every fault it finds in a description whose single values are sound. */
type Rule = (spec: ClusterSpec) => readonly Fault[];

/** Tiers in which any odd number of votes may decide, with what the majority decides on. */
const VOTING_TIERS = [
  { role: "mail", decides: "the mail nodes' leader" },
  { role: "database", decides: "the database's primary component" },
  { role: "cache", decides: "the cache's master" },
] as const;

export const rules: readonly Rule[] = [
  network,
  addresses,
  vip,
  tiers,
  voters,
  witnesses,
  electionRanks,
  storageReplicas,
  relaying,
  timeouts,
  paths,
];

function network(spec: ClusterSpec): Fault[] {
  const { cidr } = spec.network;
  const special = SPECIAL.find(({ network: other }) => overlaps(parseCidr(cidr)!, parseCidr(other)!));
  if (!special) return [];
  return [
    {
      path: "network.cidr",
      value: cidr,
      rule: `overlaps ${special.network}, which is ${special.use}`,
      remedy: "name the network that the machines share",
    },
  ];
}

/** RFC 6890 and RFC 5771. */
const SPECIAL = [
  { network: "0.0.0.0/8", use: "no network of hosts" },
  { network: "127.0.0.0/8", use: "each machine's own loopback" },
  { network: "169.254.0.0/16", use: "link-local" },
  { network: "224.0.0.0/3", use: "multicast or reserved" },
] as const;

function addresses(spec: ClusterSpec): Fault[] {
  const network = parseCidr(spec.network.cidr)!;
  const owners = new Map<string, string>();
  return Object.entries(spec.machines).flatMap(([name, { address }]) => {
    const path = `machines.${name}.address`;
    const owner = owners.get(address);
    owners.set(address, owner ?? name);
    if (owner)
      return [
        {
          path,
          value: address,
          rule: `is already the address of ${owner}`,
          remedy: "give each machine an address of its own",
        },
      ];
    if (isHost(network, parseAddress(address)!)) return [];
    return [
      {
        path,
        value: address,
        rule: `is no host address of network.cidr ${formatCidr(network)}`,
        remedy: "choose an address inside the network, or mend network.cidr",
      },
    ];
  });
}

function vip(spec: ClusterSpec): Fault[] {
  const { cidr, vip: address } = spec.network;
  const at = { path: "network.vip", value: address };
  const holder = Object.entries(spec.machines).find(([, machine]) => machine.address === address);
  if (holder)
    return [
      {
        ...at,
        rule: `is the address of machine ${holder[0]}`,
        remedy: "choose an address that no machine has: it moves between the balancers",
      },
    ];
  if (isHost(parseCidr(cidr)!, parseAddress(address)!)) return [];
  return [
    {
      ...at,
      rule: `is no host address of network.cidr ${cidr}`,
      remedy: "choose a free address inside the network",
    },
  ];
}

function tiers(spec: ClusterSpec): Fault[] {
  if (count(spec, "balancer") > 0) return [];
  return [
    {
      path: "machines",
      rule: "no machine has the role balancer",
      remedy: "give the role balancer to one machine, better to two",
    },
  ];
}

function voters(spec: ClusterSpec): Fault[] {
  return VOTING_TIERS.flatMap(({ role, decides }) => {
    const members = count(spec, role);
    const isOdd = members % 2 === 1;
    if (isOdd ? members >= 3 : members > 0 && count(spec, "witness") > 0) return [];
    const quorum = Math.floor(members / 2) + 1;
    const rule =
      members < 3
        ? `${members} machine(s) have the role ${role}; a majority that outlives a machine needs at least 3`
        : `${members} machines vote on ${decides}: with an even number a quorum is ${quorum}, so they survive no more losses than ${members - 1} would, and can split in halves`;
    const small = members > 0 && !isOdd ? ", or the role witness to a small one beside them" : "";
    return [
      {
        path: "machines",
        rule,
        remedy: `give the role ${role} to an odd number of machines, 3 or more${small}`,
      },
    ];
  });
}

function storageReplicas(spec: ClusterSpec): Fault[] {
  const bricks = count(spec, "storage");
  if (bricks === 3 || (bricks === 2 && count(spec, "witness") > 0)) return [];
  const why =
    bricks === 2
      ? "two replicas cannot tell which of them is right after a split"
      : "a volume is replicated three times";
  return [
    {
      path: "machines",
      rule: `${bricks} machine(s) have the role storage; ${why}`,
      remedy:
        bricks === 2
          ? "give the role storage to exactly 3 machines, or the role witness to a small one beside them"
          : "give the role storage to exactly 3 machines, or to 2 beside a witness",
    },
  ];
}

/**
 * One vote is all that an even number lacks. It must be the vote of a machine whose loss takes no other with it: one that
 * holds data of the tier would have two.
 */
function witnesses(spec: ClusterSpec): Fault[] {
  const [first, ...more] = Object.entries(spec.machines).filter(([, { roles }]) => roles.includes("witness"));
  if (!first) return [];
  const [name, { roles }] = first;
  const path = `machines.${name}.roles`;
  const needing = [...VOTING_TIERS.map(({ role }) => role), "storage" as const].filter((role) => {
    const members = count(spec, role);
    return members > 0 && members % 2 === 0;
  });
  const own = needing.filter((role) => roles.includes(role));
  return [
    ...more.map(([other]) => ({
      path: `machines.${other}.roles`,
      rule: `names a second witness beside ${name}: with it the votes would be even again`,
      remedy: "leave the role witness to one machine",
    })),
    ...own.map((role) => ({
      path,
      rule: `names witness and ${role}: of ${count(spec, role)} machines with the role ${role} it would have two votes`,
      remedy: `give the role witness to a machine without the role ${role}`,
    })),
    ...(needing.length === 0
      ? [
          {
            path,
            rule: "names witness, and every tier has an odd number of machines, which needs none",
            remedy: "take the role witness away",
          },
        ]
      : []),
  ];
}

/** A rank is of those who may lead; when none of them comes first, each election waits for nobody. */
function electionRanks({ machines }: ClusterSpec): Fault[] {
  const ranked = Object.entries(machines).filter(([, { electionRank }]) => electionRank !== undefined);
  const idle = ranked.filter(([, { roles }]) => !roles.includes("mail"));
  const leaders = Object.values(machines).filter(({ roles }) => roles.includes("mail"));
  const first = leaders.some(({ electionRank = 0 }) => electionRank === 0);
  return [
    ...idle.map(([name, { electionRank }]) => ({
      path: `machines.${name}.electionRank`,
      value: electionRank,
      rule: "is of a machine without the role mail, which never leads the mail nodes",
      remedy: "take it away",
    })),
    ...(leaders.length > 0 && !first
      ? [
          {
            path: "machines",
            rule: "every machine with the role mail has an electionRank above 0, so that each election waits for nobody",
            remedy: "give 0 to those of the region that is to lead",
          },
        ]
      : []),
  ];
}

function relaying(spec: ClusterSpec): Fault[] {
  const { relayNetworks, nextHop } = spec.mail;
  const faults: Fault[] = relayNetworks.flatMap((network, index) =>
    parseCidr(network)!.prefix > 0
      ? []
      : [
          {
            path: `mail.relayNetworks[${index}]`,
            value: network,
            rule: "would relay for the whole internet",
            remedy: "name the networks of your own clients",
          },
        ],
  );
  if (nextHop.startsWith(`${spec.network.vip}:`)) {
    faults.push({
      path: "mail.nextHop",
      value: nextHop,
      rule: "is the cluster's own VIP, so that mail would run in a circle",
      remedy: "name the host behind this cluster",
    });
  }
  return faults;
}

/** A reload happens at each apply that changes a balancer's file: what it ends is mail on its way. */
const LEAST_HARD_STOP = Duration.minutes(15);

function timeouts(spec: ClusterSpec): Fault[] {
  const faults: Fault[] = [];
  const shorter = (path: string, value: string, than: string, limit: string, why: string) => {
    if (Duration.parse(value).ms < Duration.parse(limit).ms) return;
    faults.push({
      path,
      value,
      rule: `must be shorter than ${than} (${limit}): ${why}`,
      remedy: "shorten it or lengthen the other",
    });
  };
  const { balancer, cache, database, mail } = spec;
  if (Duration.parse(balancer.hardStopAfter).ms < LEAST_HARD_STOP.ms) {
    faults.push({
      path: "balancer.hardStopAfter",
      value: balancer.hardStopAfter,
      rule: `must be ${LEAST_HARD_STOP} or longer: a mail server may wait 10 minutes for the answer to its message (RFC 5321), and would be cut off before`,
      remedy: `write ${LEAST_HARD_STOP} or more; to end sessions sooner for one occasion, mbctl drain has --end-sessions`,
    });
  }
  shorter(
    "database.suspectTimeout",
    database.suspectTimeout,
    "database.inactiveTimeout",
    database.inactiveTimeout,
    "a member is suspected before it is excluded",
  );
  shorter(
    "cache.maxReplicaLag",
    cache.maxReplicaLag,
    "cache.downAfter",
    cache.downAfter,
    "a cut-off master must stop before another one is chosen",
  );
  if (Duration.parse(mail.retry.first).ms > Duration.parse(mail.retry.longest).ms) {
    faults.push({
      path: "mail.retry.first",
      value: mail.retry.first,
      rule: `must not exceed mail.retry.longest (${mail.retry.longest})`,
      remedy: "shorten it or lengthen the other",
    });
  }
  if (Duration.parse(cache.maxReplicaLag).ms % 1000 !== 0) {
    faults.push({
      path: "cache.maxReplicaLag",
      value: cache.maxReplicaLag,
      rule: "must be whole seconds",
      remedy: 'write it as "2s"',
    });
  }
  return faults;
}

function paths(spec: ClusterSpec): Fault[] {
  const { brickPath, mountPath } = spec.storage;
  if (!`${brickPath}/`.startsWith(`${mountPath}/`) && !`${mountPath}/`.startsWith(`${brickPath}/`)) return [];
  return [
    {
      path: "storage.mountPath",
      value: mountPath,
      rule: `lies inside storage.brickPath ${brickPath}, or around it: a write past the volume is never healed`,
      remedy: "choose two separate folders",
    },
  ];
}

function count(spec: ClusterSpec, role: ClusterSpec["machines"][string]["roles"][number]): number {
  return Object.values(spec.machines).filter((machine) => machine.roles.includes(role)).length;
}
