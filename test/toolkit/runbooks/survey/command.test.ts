import { describe, expect, it } from "@jest/globals";
import { surveyCommand } from "../../../../src/toolkit/runbooks/survey/command.ts";
import { parseSurvey } from "../../../../src/toolkit/runbooks/survey/machine.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { printing, runWith } from "../../services/shell.ts";

const [node1, , node3] = threeMachines.machines;

/** Programs of a machine on which nothing runs. */
const SILENT = {
  ip: "",
  socat: "exit 1",
  mariadb: "exit 1",
  "redis-cli": "exit 1",
  gluster: "exit 1",
  systemctl: "exit 3",
};

describe("the question to a machine", () => {
  it("only reads, and asks the storage only when told", () => {
    const command = surveyCommand(threeMachines, node1!, { withStorage: false });
    expect(command.mutates).toBe(false);
    expect(command.argv.slice(4)).toEqual([
      "balancer mail database cache storage sentinel",
      "192.168.1.100",
      "192.168.1.101",
      "mailbastion",
    ]);
    expect(surveyCommand(threeMachines, node1!, { withStorage: true }).argv.length).toBeGreaterThan(
      command.argv.length,
    );
  });

  it("is answered with exit code 0 by a machine on which nothing runs", () => {
    const { argv } = surveyCommand(threeMachines, node1!, { withStorage: true });
    const answer = runWith(argv, { programs: SILENT });
    expect(answer.code).toBe(0);
    const survey = parseSurvey(threeMachines, new Map([["node-1", answer]])).get("node-1")!;
    expect(survey).toMatchObject({
      mark: undefined,
      bearsVip: false,
      balancer: { answers: false, isKeepalivedDown: true },
      member: { inService: false },
      cache: { role: "none" },
      sentinel: { hasQuorum: false },
      mailNode: { answer: undefined },
    });
    expect(survey.storage!.fault).not.toBe("");
  });

  it("brings back what HAProxy, database, cache and Sentinel say", () => {
    const stat = [
      "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight",
      "smtp,FRONTEND,,,3,9,,9,1,1,0,0,0,,,,,OPEN,",
      "smtp,node-2,0,0,3,9,,9,1,1,0,,0,,0,0,0,UP 1/2,10",
      "database,node-2,0,0,1,9,,9,1,1,0,,0,,0,0,0,no check,1",
    ].join("\n");
    const state =
      "1\n# be_id be_name srv_id srv_name\n3 smtp 2 node-2 10.0.0.2 2 8 10 1 1\n4 database 2 node-2 10.0.0.2 2 0 1 1 1\n";
    const programs = {
      ...SILENT,
      socat: `read -r line\ncase $line in\n"show stat") ${printing(stat)} ;;\n"show servers state") ${printing(state)} ;;\nesac`,
      mariadb: printing(
        "wsrep_cluster_status\tPrimary\nwsrep_local_state_comment\tSynced\nwsrep_ready\tON\nwsrep_connected\tON",
      ),
      systemctl: "",
      "redis-cli": `case "$*" in *INFO*) printf 'role:slave\\r\\nmaster_link_status:up\\r\\nmaster_sync_in_progress:0\\r\\n' ;; *CKQUORUM*) echo "OK 3 usable Sentinels" ;; *) printf '192.168.1.102\\n6379\\n' ;; esac`,
    };
    const answer = runWith(surveyCommand(threeMachines, node1!, { withStorage: false }).argv, { programs });
    const survey = parseSurvey(threeMachines, new Map([["node-1", answer]])).get("node-1")!;
    expect(survey.balancer!.servers).toEqual([
      { listener: "smtp", machine: "node-2", sessions: 3, isUp: true, isDrained: true },
      { listener: "database", machine: "node-2", sessions: 1, isUp: false, isDrained: false },
    ]);
    expect(survey.balancer!.isKeepalivedDown).toBe(false);
    expect(survey.member!.inService).toBe(true);
    expect(survey.cache).toEqual({ role: "replica", isInSync: true });
    expect(survey.sentinel).toEqual({ master: "192.168.1.102", hasQuorum: true });
  });

  it("asks a witness for its votes, and not for data that it has not", () => {
    const witness = twoAndAWitness.machines[2]!;
    const { argv } = surveyCommand(twoAndAWitness, witness, { withStorage: true });
    const programs = {
      ...SILENT,
      systemctl: '[ "$1" = is-active ] || echo 1',
      ss: printing("0 0 10.0.0.3:40000 10.0.0.1:4567"),
      journalctl: printing("New COMPONENT: primary = yes, bootstrap = no"),
      "redis-cli": `case "$*" in *CKQUORUM*) echo "OK 3 usable Sentinels" ;; *) echo 192.168.1.102 ;; esac`,
    };
    const answer = runWith(argv, { programs });
    expect(answer.stdout.match(/^@.*$/gm)).toEqual([
      "@drained",
      "@vip-mark",
      "@vip",
      "@master",
      "@quorum",
      "@arbitrator",
      "@mailnode",
      "@mailcluster",
      "@storage",
    ]);
    const survey = parseSurvey(twoAndAWitness, new Map([["node-3", answer]])).get("node-3")!;
    expect(survey).toMatchObject({
      sentinel: { master: "192.168.1.102", hasQuorum: true },
      arbitrator: { votes: true },
    });
    expect(survey).not.toHaveProperty("cache");
    expect(survey).not.toHaveProperty("member");
  });

  it("asks a machine only for what it is", () => {
    const answer = runWith(
      surveyCommand(threeMachines, { ...node3!, roles: ["mail"] }, { withStorage: true }).argv,
      { programs: SILENT },
    );
    expect(answer.stdout.match(/^@.*$/gm)).toEqual([
      "@drained",
      "@vip-mark",
      "@vip",
      "@mailnode",
      "@mailcluster",
    ]);
  });
});
