import { describe, expect, it } from "@jest/globals";
import { parsePeers } from "../../../../src/toolkit/services/glusterfs/peers.ts";
import { peerStatus } from "./recorded.ts";

describe("the peers of a storage machine", () => {
  it("are read with all their names", () => {
    const { stdout } = peerStatus([["node-1.lan", "192.168.1.101"], ["192.168.1.103"]]);
    expect(parsePeers(stdout)).toEqual([
      { names: ["node-1.lan", "192.168.1.101"], connected: true },
      { names: ["192.168.1.103"], connected: true },
    ]);
  });

  it("are told apart by whether they are connected", () => {
    expect(parsePeers(peerStatus([["192.168.1.103"]], "Disconnected").stdout)[0]!.connected).toBe(false);
  });

  it("are none where there is no pool or no GlusterFS", () => {
    expect(parsePeers("Number of Peers: 0\n")).toEqual([]);
    expect(parsePeers("")).toEqual([]);
  });
});
