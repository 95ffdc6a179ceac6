import { describe, expect, it } from "@jest/globals";
import { galeraEvidence } from "../../../../src/toolkit/services/galera/evidence.ts";

/** What MariaDB 10.11.19 with Galera 26.4.23 answered, a cluster of one. */
const RECORDED = `@status
Threads_connected	1
wsrep_last_committed	1
wsrep_local_recv_queue	0
wsrep_flow_control_paused	0
wsrep_local_state_comment	Synced
wsrep_cluster_size	1
wsrep_cluster_state_uuid	cd4cb762-e6a1-11f1-8c40-4e812da1c36d
wsrep_cluster_status	Primary
wsrep_connected	ON
wsrep_ready	ON
read_only	OFF
version	10.11.19-MariaDB-0+deb12u1
@copying
`;

const parse = (stdout: string, code = 0) => galeraEvidence.parse({ code, stdout, stderr: "" });

describe("what a database machine says of itself", () => {
  it("is all four variables, and what they are compared by", () => {
    expect(parse(RECORDED)).toEqual({
      clusterStatus: "Primary",
      localState: "Synced",
      isReady: true,
      isConnected: true,
      clusterSize: 1,
      stateUuid: "cd4cb762-e6a1-11f1-8c40-4e812da1c36d",
      lastCommitted: "1",
      receiveQueue: 0,
      flowControlPaused: 0,
      isReadOnly: false,
      connections: 1,
      version: "10.11.19-MariaDB-0+deb12u1",
      isCopying: false,
    });
  });

  it("keeps a position that is larger than a double can hold", () => {
    const large = RECORDED.replace("wsrep_last_committed\t1", "wsrep_last_committed\t9007199254740993");
    expect(parse(large)?.lastCommitted).toBe("9007199254740993");
  });

  it("sees a member that lost the majority, and the mark of a copy", () => {
    const lost = RECORDED.replace("Primary", "non-Primary")
      .replace("Synced", "Initialized")
      .replace("wsrep_ready\tON", "wsrep_ready\tOFF")
      .replace("@copying\n", "@copying\nyes\n");
    expect(parse(lost)).toMatchObject({
      clusterStatus: "non-Primary",
      localState: "Initialized",
      isReady: false,
      isConnected: true,
      isCopying: true,
    });
  });

  it("is nothing where no server answers", () => {
    expect(parse("@status\n", 1)).toBeUndefined();
    expect(parse("@status\n@copying\n")).toBeUndefined();
  });
});
