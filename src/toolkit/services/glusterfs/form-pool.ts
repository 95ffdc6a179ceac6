import { UserError } from "../../../support/errors.ts";
import { act, ask, script, type Answer } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Stage, Step } from "../../steps/step.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import { ONCE } from "../once.ts";
import { parsePeers, PEER_STATUS, type Peer } from "./peers.ts";

/** Makes the storage machines one trusted pool, by address: names would need a name server to be up. */
export function formPoolPhase(topology: Topology): Phase {
  const machines = votersIn(topology, "storage");
  return {
    title: "join the storage pool",
    machines: machines.map((machine) => machine.name),
    // Exit code 0 on a machine without GlusterFS too.
    observe: () => ask(script(`${ONCE}\nonce peer-status timeout 20 ${PEER_STATUS} 2>/dev/null || true`)),
    decide: (answers) => decide(machines, answers),
  };
}

interface Member {
  readonly machine: Machine;
  readonly peers: readonly Peer[];
}

function decide(machines: readonly Machine[], answers: ReadonlyMap<string, Answer>): readonly Stage[] {
  const members = machines.map((machine) => ({
    machine,
    peers: parsePeers(answers.get(machine.name)!.stdout),
  }));
  // A machine of the largest pool takes in the others; of a new pool, the first.
  const anchor = members.reduce((most, member) => (member.peers.length > most.peers.length ? member : most));
  const others = members.filter((member) => member !== anchor);
  const outside = others.filter(({ machine }) => !knows(anchor, machine));
  refuseOtherPool(anchor, outside);
  const inside = others.filter((member) => !outside.includes(member));
  const away = inside.filter(({ machine }) => !knows(anchor, machine)!.connected);
  // Its daemon has just started and has not found the others yet: a probe that meets it in the middle of its own
  // greeting leaves both in "Sent and Received peer request" for ever.
  const waking = inside.filter(({ peers }) => peers.length === 0);
  const nameless = others.filter((member) => !waking.includes(member) && !knows(member, anchor.machine));
  const steps = [
    ...outside.map(({ machine }) => probeStep(anchor.machine, machine)),
    ...away.map(({ machine }) => waitStep(anchor.machine, machine)),
    ...waking.map(({ machine }) => waitStep(machine, anchor.machine)),
    // The others know the machine that took them in by whatever name its address has: tell one its address.
    ...nameless.slice(0, 1).map(({ machine }) => ({
      ...probeStep(machine, anchor.machine),
      title: `tell the storage pool the address of ${anchor.machine.name}`,
    })),
  ];
  return steps.map((step) => [step]);
}

function knows(member: Member, machine: Machine): Peer | undefined {
  return member.peers.find(({ names }) => names.includes(machine.address));
}

function refuseOtherPool(anchor: Member, outside: readonly Member[]): void {
  const elsewhere = outside.find(({ peers }) => peers.length > 0);
  if (!elsewhere) return;
  const { machine, peers } = elsewhere;
  const hosts = peers.map(({ names }) => names[0]).join(", ");
  throw new UserError(
    "STORAGE_TWO_POOLS",
    `${machine.name} is in a storage pool with ${hosts}, which ${anchor.machine.name} is not part of`,
    `take it out of that pool ("gluster peer detach ${machine.address}" on one of ${hosts}) and run mbctl apply again`,
  );
}

function probeStep(on: Machine, peer: Machine): Step {
  return {
    title: `take ${peer.name} into the storage pool`,
    machine: on.name,
    commands: [act(["gluster", "--mode=script", "peer", "probe", peer.address], { timeoutMs: 60_000 })],
    verify: connected(peer),
  };
}

/** On a machine of the pool: waits until it is connected with another, which may not be the same the other way round. */
export function waitStep(on: Machine, peer: Machine): Step {
  return {
    title: `wait for ${peer.name} in the storage pool`,
    machine: on.name,
    commands: [],
    verify: connected(peer),
  };
}

function connected(machine: Machine): Gate {
  return {
    title: `${machine.name} is connected`,
    command: ask(script(CONNECTED, [machine.address])),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

/** Peers are blocks of lines; the address may be the main name or one of the others. */
const CONNECTED = `
timeout 20 ${PEER_STATUS} |
  awk -v address="$1" -v RS= '
    $0 ~ /State: Peer in Cluster \\(Connected\\)/ {
      for (i = 1; i <= NF; i++) if ($i == address) found = 1
    }
    END { exit !found }'`;
