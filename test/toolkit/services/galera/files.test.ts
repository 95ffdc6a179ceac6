import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { galeraFiles } from "../../../../src/toolkit/services/galera/files.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { sampleContext } from "../sample-context.ts";
import { printing, runWith } from "../shell.ts";

const files = galeraFiles(sampleContext(threeMachines, threeMachines.machines[1]!));
const text = (end: string) =>
  render(files.find(({ path }) => path.endsWith(end))!.content, "mailbastion: a test");

const GOOD = [
  "wsrep_cluster_status\tPrimary",
  "wsrep_local_state_comment\tSynced",
  "wsrep_connected\tON",
  "wsrep_ready\tON",
  "read_only\tOFF",
];

function check(lines: readonly string[]): string {
  const { stdout } = runWith(["sh", "-c", text("/database-check.sh")], {
    programs: { mariadb: printing(lines.join("\n")) },
    stdin: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  });
  return stdout;
}

describe("the files of a database machine", () => {
  it("give each member its own name and addresses, and the same peers", () => {
    const lines = text("/60-mailbastion.cnf").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "bind-address = 192.168.1.102",
        "wsrep_node_name = node-2",
        "wsrep_node_address = 192.168.1.102",
        "wsrep_sst_receive_address = 192.168.1.102:4444",
        "wsrep_cluster_address = gcomm://192.168.1.101,192.168.1.102,192.168.1.103",
      ]),
    );
  });

  it("ask Galera for what it needs, and keep every commit through a loss of power", () => {
    const lines = text("/60-mailbastion.cnf").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "binlog_format = ROW",
        "default_storage_engine = InnoDB",
        "innodb_autoinc_lock_mode = 2",
        "innodb_flush_log_at_trx_commit = 1",
        'wsrep_provider_options = "gmcast.listen_addr=tcp://192.168.1.102:4567;ist.recv_addr=192.168.1.102:4568;ist.recv_bind=192.168.1.102:4568;pc.recovery=true;evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.install_timeout=PT4S"',
      ]),
    );
  });

  it("begin with the marker", () => {
    for (const { content } of files)
      expect(render(content, "mailbastion: a test")).toMatch(/^# mailbastion: a test\n/);
  });

  it("let a member try again without end, and never kill it", () => {
    const dropIn = text("/mailbastion.conf");
    for (const line of ["StartLimitIntervalSec=0", "Restart=on-failure", "TimeoutStopSec=900"])
      expect(dropIn).toContain(`\n${line}\n`);
  });

  it("start when the machine's addresses are there, and do not wait for the storage daemon", () => {
    const [, after] = /^After=(.*)$/m.exec(text("/mailbastion.conf"))!;
    expect(after).toContain("systemd-networkd-wait-online.service");
    // Debian's glusterd.service says Before=network-online.target.
    expect(after).not.toContain("network-online.target");
  });

  it("keep a member from starting that a recovery left out, and let a saved view that is empty not stop one", () => {
    const dropIn = text("/mailbastion.conf");
    expect(dropIn).toContain("\nConditionPathExists=!/var/lib/mysql/mailbastion-left-out\n");
    expect(dropIn).toMatch(/^ExecStartPre=.* -name gvwstate\.dat -empty -delete$/m);
  });

  it("run the health check as a user of its own", () => {
    expect(text("@.service")).toContain("\nUser=mailbastion-dbcheck\n");
  });

  it("keep what systemd says of each check out of the journal, and in it what the script complains of", () => {
    for (const line of ["LogLevelMax=notice", "SyslogLevel=notice"])
      expect(text("@.service")).toContain(`\n${line}\n`);
  });
});

describe("the health check of a database member", () => {
  it("answers 200 with a length that fits, when it may be written to", () => {
    const [head, body] = check(GOOD).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(head).toContain(`Content-Length: ${body!.length}`);
  });

  it.each([
    ["without a majority", "wsrep_cluster_status\tPrimary", "wsrep_cluster_status\tnon-Primary"],
    [
      "while it gives or takes a copy",
      "wsrep_local_state_comment\tSynced",
      "wsrep_local_state_comment\tDonor/Desynced",
    ],
    ["while it is not ready", "wsrep_ready\tON", "wsrep_ready\tOFF"],
    ["while it is cut off", "wsrep_connected\tON", "wsrep_connected\tOFF"],
    ["while it is read-only", "read_only\tOFF", "read_only\tON"],
  ])("answers 503 %s", (_when, good, bad) => {
    expect(check(GOOD.map((line) => (line === good ? bad : line)))).toMatch(/^HTTP\/1.1 503 /);
  });

  it.each([
    ["200 when the one connection above the limit becomes free", 3, "200"],
    ["503 when it stays taken", 99, "503"],
  ])("asks again while there is no connection, and answers %s", (_what, refusals, status) => {
    const folder = mkdtempSync(join(tmpdir(), "refused-"));
    const { stdout } = runWith(["sh", "-c", text("/database-check.sh")], {
      programs: {
        mariadb: `echo >>"${folder}/asked"
if [ "$(wc -l <"${folder}/asked")" -le ${refusals} ]; then echo "ERROR 1040 (08004): Too many connections"; exit 1; fi
${printing(GOOD.join("\n"))}`,
      },
      stdin: "GET / HTTP/1.1\r\n\r\n",
    });
    expect(stdout.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it("answers 503 while the machine is drained, and says so, however well the member is", () => {
    const folder = mkdtempSync(join(tmpdir(), "drained-"));
    const mark = join(folder, "drained");
    const script = text("/database-check.sh").replaceAll("/var/lib/mailbastion-drain/drained", mark);
    const answer = () =>
      runWith(["sh", "-c", script], {
        programs: { mariadb: printing(GOOD.join("\n")) },
        stdin: "GET / HTTP/1.1\r\n\r\n",
      }).stdout;
    expect(answer()).toMatch(/^HTTP\/1.1 200 /);
    writeFileSync(mark, "");
    expect(answer()).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\n\r\ndrained /);
    rmSync(folder, { recursive: true });
  });

  it("answers 503 when the server does not answer", () => {
    expect(check(["ERROR 2002 (HY000): Can't connect to local server"])).toMatch(/^HTTP\/1.1 503 /);
  });
});
