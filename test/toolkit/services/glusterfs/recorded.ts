import type { Answer } from "../../../../src/toolkit/steps/command.ts";

/* What a real GlusterFS 10.3 pool of three answered. */

export const said = (stdout: string): Answer => ({ code: 0, stdout, stderr: "" });

/** "gluster peer status"; each peer with its names, the main one first. */
export function peerStatus(peers: readonly (readonly string[])[], state = "Connected"): Answer {
  const blocks = peers.map(([main, ...others]) => {
    const lines = [
      `Hostname: ${main}`,
      "Uuid: a8ee07b7-281b-463e-bb57-cd52c980c8b7",
      `State: Peer in Cluster (${state})`,
    ];
    return `\n${[...lines, ...(others.length > 0 ? ["Other names:", ...others] : [])].join("\n")}\n`;
  });
  return said(`Number of Peers: ${peers.length}\n${blocks.join("")}`);
}

const BRICK = "/srv/mailbastion/brick";
export const ADDRESSES = ["192.168.1.101", "192.168.1.102", "192.168.1.103"] as const;

export interface Info {
  readonly status?: string;
  readonly pingTimeout?: number;
  readonly brick?: string;
}

export function volumeInfo({ status = "Started", pingTimeout = 10, brick = BRICK }: Info = {}): string {
  return ` 
Volume Name: mail
Type: Replicate
Volume ID: 9d2329b3-1582-4079-95a0-5fc06d340c5f
Status: ${status}
Snapshot Count: 0
Number of Bricks: 1 x 3 = 3
Transport-type: tcp
Bricks:
${ADDRESSES.map((address, index) => `Brick${index + 1}: ${address}:${brick}`).join("\n")}
Options Reconfigured:
auth.allow: ${ADDRESSES.join(",")}
network.ping-timeout: ${pingTimeout}
cluster.quorum-type: auto
cluster.granular-entry-heal: on
storage.fips-mode-rchecksum: on
transport.address-family: inet
nfs.disable: on
performance.client-io-threads: off
`;
}

/** "gluster volume status --xml" with these bricks online or not; a brick of a machine that is away is not listed. */
export function volumeStatus(bricks: Readonly<Record<string, 0 | 1>>): string {
  const node = (host: string, path: string, status: number) => `        <node>
          <hostname>${host}</hostname>
          <path>${path}</path>
          <peerid>a8ee07b7-281b-463e-bb57-cd52c980c8b7</peerid>
          <status>${status}</status>
          <port>49155</port>
          <ports>
            <tcp>49155</tcp>
            <rdma>N/A</rdma>
          </ports>
          <pid>1989</pid>
        </node>`;
  const nodes = Object.entries(bricks).map(([host, status]) => node(host, BRICK, status));
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput>
  <opRet>0</opRet>
  <volStatus>
    <volumes>
      <volume>
        <volName>mail</volName>
${[...nodes, node("Self-heal Daemon", "localhost", 1)].join("\n")}
      </volume>
    </volumes>
  </volStatus>
</cliOutput>`;
}

/** "gluster volume heal ... info summary" with so many entries to heal at the first brick. */
export function healSummary(entries: number): string {
  return ADDRESSES.map(
    (address, index) => `Brick ${address}:${BRICK}
Status: Connected
Total Number of entries: ${index === 0 ? entries : 0}
Number of entries in heal pending: ${index === 0 ? entries : 0}
Number of entries in split-brain: 0
Number of entries possibly healing: 0
`,
  ).join("\n");
}
