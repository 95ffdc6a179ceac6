import * as z from "zod";
import { ask, script, type Answer } from "../../steps/command.ts";
import type { EvidenceOf } from "../evidence.ts";
import { sections } from "../sections.ts";
import { COPY_MARK } from "./names.ts";

export const galeraEvidenceSchema = z.strictObject({
  /** The four that must hold together: a server that accepts connections may still refuse every query. */
  clusterStatus: z.string(),
  localState: z.string(),
  isReady: z.boolean(),
  isConnected: z.boolean(),
  clusterSize: z.number(),
  stateUuid: z.string(),
  /** Decimal digits: may be larger than a double can hold. */
  lastCommitted: z.string(),
  /** Writesets that wait to be applied. */
  receiveQueue: z.number(),
  /** Share of the time since the last question in which the member was held back, 0 to 1. */
  flowControlPaused: z.number(),
  isReadOnly: z.boolean(),
  connections: z.number(),
  version: z.string(),
  /** A copy of all data to this member was begun, and its mark is there. */
  isCopying: z.boolean(),
});
export type GaleraEvidence = z.infer<typeof galeraEvidenceSchema>;

export const galeraEvidence: EvidenceOf<GaleraEvidence> = {
  command: () => ask(script(LOOK)),
  parse,
};

const LOOK = `
echo @status; mariadb --connect-timeout=5 --batch --skip-column-names --execute="
  SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready',
    'wsrep_connected', 'wsrep_cluster_size', 'wsrep_cluster_state_uuid', 'wsrep_last_committed',
    'wsrep_local_recv_queue', 'wsrep_flow_control_paused', 'Threads_connected');
  SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'version')"
echo @copying; if [ -e ${COPY_MARK} ]; then echo yes; fi`;

function parse({ code, stdout }: Answer): GaleraEvidence | undefined {
  const part = sections(stdout);
  const values = new Map(
    part("status")
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name, value]) => [name!, value ?? ""]),
  );
  const value = (name: string) => values.get(name) ?? "";
  if (code !== 0 || value("version") === "") return undefined;
  return {
    clusterStatus: value("wsrep_cluster_status"),
    localState: value("wsrep_local_state_comment"),
    isReady: value("wsrep_ready") === "ON",
    isConnected: value("wsrep_connected") === "ON",
    clusterSize: Number(value("wsrep_cluster_size")),
    stateUuid: value("wsrep_cluster_state_uuid"),
    lastCommitted: value("wsrep_last_committed"),
    receiveQueue: Number(value("wsrep_local_recv_queue")),
    flowControlPaused: Number(value("wsrep_flow_control_paused")),
    isReadOnly: value("read_only") !== "OFF",
    connections: Number(value("Threads_connected")),
    version: value("version"),
    isCopying: part("copying").trim() === "yes",
  };
}
