import { describe, expect, it } from "@jest/globals";
import { LAN } from "../../../src/mailnode/membership/core/profile.ts";
import { driverTimes, gossipTimes } from "../../../src/mailnode/node/cluster-times.ts";
import { DRIVER_DEFAULTS } from "../../../src/mailnode/raft/shell/driver-options.ts";

describe("the times of a cluster", () => {
  it("are the driver's own when nothing else is said", () => {
    expect({ ...DRIVER_DEFAULTS, ...driverTimes({ heartbeatMs: 100, electionMs: 1000 }) }).toEqual(
      DRIVER_DEFAULTS,
    );
    expect(gossipTimes(10_000)).toEqual(LAN);
  });

  it("leave an election at least ten ticks, and every limit its time", () => {
    expect(driverTimes({ heartbeatMs: 1000, electionMs: 5000 })).toEqual({
      tickMs: 500,
      heartbeatTicks: 2,
      electionTicks: 10,
      askTicks: 10,
      readTicks: 10,
      readRetryTicks: 1,
      levelTicks: 4,
      snapshotTicks: 20,
    });
  });

  it("find a silent node in about the time that was asked for, within what a network can do", () => {
    expect(gossipTimes(20_000)).toMatchObject({ probeIntervalMs: 2_000, probeTimeoutMs: 1_000 });
    expect(gossipTimes(100)).toMatchObject({
      probeIntervalMs: 100,
      probeTimeoutMs: 50,
      gossipIntervalMs: 20,
    });
  });
});
