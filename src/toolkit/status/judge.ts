import type { ClusterStatus } from "./collect.ts";

/** Everything that keeps the cluster from being whole, one sentence each; empty when it is. */
export function findings(status: ClusterStatus): readonly string[] {
  const { machines, vipHolders, advice } = status;
  return [
    ...machines
      .filter(({ unreachable }) => unreachable !== undefined)
      .map(({ machine, unreachable }) => `${machine} cannot be reached: ${unreachable}`),
    ...machines.flatMap(({ machine, services }) =>
      services
        .filter(({ isWorking }) => !isWorking)
        .map(({ service, detail }) => `${service} on ${machine} does not do its work: ${detail}`),
    ),
    ...vipFindings(vipHolders),
    ...advice.map(({ service, message, remedy }) => `${service}: ${message}\n    type: ${remedy}`),
  ];
}

function vipFindings(holders: readonly string[]): readonly string[] {
  if (holders.length === 1) return [];
  if (holders.length === 0) return ["no balancer bears the VIP: clients reach nobody"];
  return [`${holders.join(" and ")} bear the VIP at once: VRRP does not pass between them (IP protocol 112)`];
}
