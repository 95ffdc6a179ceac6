import { LAN, type Profile } from "../../membership/core/profile.ts";

/**
 * LAN's numbers with times in ticks of the consensus core: a seed lasts some two hundred of them, and in that time
 * members are to be found dead and to come back. A direct answer has its time on a network without faults.
 */
export function gossipProfile(tickMs: number): Profile {
  return {
    ...LAN,
    probeIntervalMs: 8 * tickMs,
    probeTimeoutMs: 5 * tickMs,
    gossipIntervalMs: 3 * tickMs,
    gossipToDeadMs: 60 * tickMs,
    syncIntervalMs: 40 * tickMs,
    reconnectIntervalMs: 20 * tickMs,
  };
}
