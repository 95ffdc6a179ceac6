import type { ClusterConfig } from "../../contract/cluster-config.ts";
import { LAN, type Profile } from "../membership/core/profile.ts";
import type { DriverOptions } from "../raft/shell/driver-options.ts";

/** So many ticks at least make an election time-out: with fewer, members that stand at one time would tie often. */
const MIN_ELECTION_TICKS = 10;
/** The failure detection that LAN's times amount to. */
const LAN_DETECTION_MS = 10_000;

/** The driver's ticks for a heartbeat and an election time-out in milliseconds; its other limits keep their times. */
export function driverTimes({
  heartbeatMs,
  electionMs,
}: Pick<ClusterConfig, "heartbeatMs" | "electionMs">): Partial<DriverOptions> {
  const tickMs = Math.max(1, Math.min(heartbeatMs, Math.floor(electionMs / MIN_ELECTION_TICKS)));
  const ticks = (ms: number): number => Math.max(1, Math.round(ms / tickMs));
  const heartbeatTicks = ticks(heartbeatMs);
  return {
    tickMs,
    heartbeatTicks,
    electionTicks: Math.max(ticks(electionMs), heartbeatTicks + 1),
    askTicks: ticks(5_000),
    readTicks: ticks(5_000),
    readRetryTicks: ticks(500),
    levelTicks: ticks(2_000),
    snapshotTicks: ticks(10_000),
  };
}

/** LAN's times, stretched or pressed so that a silent node is found dead in about this time. */
export function gossipTimes(failureDetectionMs: number): Profile {
  const times = (ms: number, least: number): number =>
    Math.max(least, Math.round((ms * failureDetectionMs) / LAN_DETECTION_MS));
  return {
    ...LAN,
    probeIntervalMs: times(LAN.probeIntervalMs, 100),
    probeTimeoutMs: times(LAN.probeTimeoutMs, 50),
    gossipIntervalMs: times(LAN.gossipIntervalMs, 20),
    gossipToDeadMs: times(LAN.gossipToDeadMs, 1_000),
    syncIntervalMs: times(LAN.syncIntervalMs, 1_000),
    reconnectIntervalMs: times(LAN.reconnectIntervalMs, 250),
  };
}
