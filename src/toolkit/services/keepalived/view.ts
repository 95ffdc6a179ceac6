import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { machinesWith, peersOf } from "../../topology/topology.ts";
import { aliveArgv } from "../haproxy/service.ts";
import type { FileContext } from "../service.ts";

/** VRRP's highest priority of a router that does not own the address (RFC 5798 5.2.4 keeps 255 for the owner). */
const HIGHEST_PRIORITY = 200;

const AS_NOBODY = ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"];

/** What templates/keepalived/keepalived.conf.hbs is rendered with. */
export function keepalivedView(context: FileContext): Readonly<Record<string, unknown>> {
  const { topology, machine } = context;
  const { routerId, advertIntervalMs, missedAdverts, preempt } = topology.balancer.vrrp;
  const peers = peersOf(topology, machine, "balancer").map(({ address }) => address);
  return {
    machine: machine.name,
    interface: topology.network.interface ?? context.interfaceOf(machine.address),
    routerId,
    priority: priorityOf(topology, machine),
    advertSeconds: String(advertIntervalMs / 1000),
    missedAdverts,
    nopreempt: !preempt,
    address: machine.address,
    peers,
    /** With nobody to hand the VIP to, giving it up would only add to the fault. */
    check: peers.length > 0 && {
      command: [...AS_NOBODY, ...aliveArgv(machine.address)].join(" "),
      notDrained: `/usr/bin/test ! -e ${DRAIN_MARKS.vip}`,
    },
    vip: topology.network.vip,
  };
}

/** Distinct for every balancer, the first of the description highest. */
export function priorityOf(topology: Topology, machine: Machine): number {
  const place = machinesWith(topology, "balancer").findIndex(({ name }) => name === machine.name);
  return HIGHEST_PRIORITY - place;
}
