import { KEEP_ONE_HISTORY } from "../../services/galera/form-cluster.ts";
import { COPY_MARK } from "../../services/galera/names.ts";
import { votersIn } from "../../topology/voters.ts";
import { critical, note, warning, type Finding } from "../finding.ts";
import { having, isDrained, listed, type Rules, type View } from "../view.ts";

const QUEUE_LIMIT = 1000;
const PAUSED_LIMIT = 0.1;

/** Whether the database machines are one cluster, by what each of them says. */
export const databaseRules: Rules = (view) => [
  ...histories(view),
  ...sizes(view),
  ...having(view, "galera").flatMap(({ machine: { machine }, found }) => member(view, machine, found)),
];

type Member = ReturnType<typeof having<"galera">>[number]["found"];

function histories(view: View): readonly Finding[] {
  const members = having(view, "galera").filter(({ found }) => found.clusterStatus === "Primary");
  const byHistory = Map.groupBy(members, ({ found }) => found.stateUuid);
  if (byHistory.size < 2) return [];
  const evidence = [...byHistory].map(
    ([uuid, on]) => `${listed(on.map(({ machine }) => machine.machine))}: wsrep_cluster_state_uuid ${uuid}`,
  );
  return [
    critical({
      rule: "database-histories",
      machines: members.map(({ machine }) => machine.machine),
      finding: `the database machines hold ${byHistory.size} different histories, each for itself in service`,
      cause: "a cluster was begun anew on one of them while another still had data",
      remedy: KEEP_ONE_HISTORY,
      evidence,
    }),
  ];
}

/** Members of one component count alike, and nobody who is in service is missing from the count. */
function sizes(view: View): readonly Finding[] {
  const members = having(view, "galera").filter(({ found }) => found.clusterStatus === "Primary");
  const counts = new Set(members.map(({ found }) => found.clusterSize));
  const least = Math.min(...counts);
  if (members.length === 0 || (counts.size === 1 && least >= members.length)) return [];
  const evidence = members.map(
    ({ machine, found }) => `${machine.machine}: wsrep_cluster_size ${found.clusterSize}`,
  );
  return [
    critical({
      rule: "database-split",
      machines: members.map(({ machine }) => machine.machine),
      finding: `the members of the database do not count alike: ${evidence.join(", ")}, of ${votersIn(view.topology, "database").length} described`,
      cause: "they are not in one component, or it is changing just now",
      remedy: "look again in ten seconds; if it stays so, mbctl doctor",
      evidence,
    }),
  ];
}

function member(view: View, machine: string, found: Member): readonly Finding[] {
  const machines = [machine];
  const four = `${found.clusterStatus}, ${found.localState}, ready ${onOff(found.isReady)}, connected ${onOff(found.isConnected)}`;
  const findings: Finding[] = [];
  if (found.clusterStatus === "Primary" && found.localState !== "Synced")
    findings.push(
      note({
        rule: "database-catching-up",
        machines,
        finding: `the database on ${machine} is ${found.localState}: it ${found.localState.startsWith("Donor") ? "gives another one a copy" : "is catching up"}`,
        remedy: "",
        evidence: [`${machine}: ${four}`],
      }),
    );
  if (found.isReadOnly && !isDrained(view, machine))
    findings.push(
      warning({
        rule: "database-read-only",
        machines,
        finding: `the database on ${machine} takes no writes: read_only is set`,
        remedy: `on ${machine}: mariadb -e "SET GLOBAL read_only = OFF"`,
        evidence: [`${machine}: read_only ON`],
      }),
    );
  const isBehind = found.receiveQueue > QUEUE_LIMIT;
  if (isBehind || found.flowControlPaused > PAUSED_LIMIT)
    findings.push(
      // The share counts from the server's start: what held the writers back may be long over.
      (isBehind ? warning : note)({
        rule: "database-behind",
        machines,
        finding: `the database on ${machine} ${isBehind ? "does not keep up" : "has not always kept up"}: ${found.receiveQueue} writesets wait, and writers were held back ${Math.round(100 * found.flowControlPaused)} % of the time`,
        cause: "Galera slows every writer down to its slowest member",
        remedy: `look at the disk and the load of ${machine}; mbctl drain ${machine} takes it out`,
        evidence: [
          `${machine}: wsrep_local_recv_queue ${found.receiveQueue}, wsrep_flow_control_paused ${found.flowControlPaused}`,
        ],
      }),
    );
  if (found.isCopying && found.localState === "Synced")
    findings.push(
      warning({
        rule: "database-copy-mark",
        machines,
        finding: `the database on ${machine} is in service, and the mark of an unfinished copy lies in its folder`,
        cause: "a copy was broken off once; at the next start the member would take its data for half of one",
        remedy: `on ${machine}: rm ${COPY_MARK}, after a look that no copy runs (pgrep -a rsync)`,
        evidence: [`${machine}: ${COPY_MARK} is there`],
      }),
    );
  return findings;
}

function onOff(value: boolean): string {
  return value ? "ON" : "OFF";
}
