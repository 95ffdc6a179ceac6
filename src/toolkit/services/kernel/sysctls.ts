import type { Machine, Topology } from "../../topology/topology.ts";

/**
 * The kernel settings of a machine, by their names in /proc/sys.
 *
 * All are of a network namespace: a container gets them from Docker when it is made, as /proc/sys is read-only
 * inside; every other machine from /etc/sysctl.d. Source: docs.kernel.org/networking/ip-sysctl.html.
 */
export function sysctlsFor(_topology: Topology, machine: Machine): Readonly<Record<string, string>> {
  return {
    ...(machine.roles.includes("balancer") ? BALANCER : {}),
    ...EVERY_MACHINE,
  };
}

/** A balancer binds the VIP's ports while another one holds the VIP, so that taking it over starts nothing. */
const BALANCER = { "net.ipv4.ip_nonlocal_bind": "1" };

/*
 * How often unanswered data is sent again before a connection counts as dead: 6 times are about 25 seconds, the
 * default of 15 about 15 minutes. A session to a machine that lost power, or to a VIP that moved, ends within half
 * a minute and is opened anew; a pause of the network of 20 seconds still ends none.
 */
const EVERY_MACHINE = { "net.ipv4.tcp_retries2": "6" };
