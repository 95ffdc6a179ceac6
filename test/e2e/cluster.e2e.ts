import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { losePower } from "../../demo/scenario.ts";
import { labWorld } from "../../demo/docker/world.ts";
import { learnHostKeys } from "../../src/toolkit/lab/host-keys.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import type { Recorded } from "../../src/toolkit/runner/recorder.ts";
import { hasTerraform, machinesTouched } from "../terraform/deploy.ts";
import { threeMachines } from "../toolkit/fixtures/three-machines.ts";
import { acquireLab, noEngine } from "./acquire-lab.ts";
import { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { until } from "./until.ts";

/*
 * The life of one cluster, from machines with nothing but systemd and sshd, which are taken for existing hosts.
 * The tests stand in the order in which they happen and build on each other.
 */

const NODES = ["node-1", "node-2", "node-3"] as const;
const BALANCERS = ["node-1", "node-2"] as const;
const MINUTE = 60_000;

if (!hasTerraform)
  process.stderr.write(
    "SKIPPED: the turns of cdktf deploy, as there is no terraform on the PATH; mbctl apply takes their place.\n",
  );
const withTerraform = hasTerraform ? it : it.skip;

(noEngine() === undefined ? describe : describe.skip)("a cluster on machines that exist", () => {
  let lab: Lab;
  let project: HostsProject;

  beforeAll(async () => {
    lab = await acquireLab({ ...threeMachines, cluster: "hosts" }, "cluster", "bare");
    project = await HostsProject.of(lab);
  }, 10 * MINUTE);
  afterAll(() => project?.deploy[Symbol.dispose]());

  const sh = (machine: string, script: string) => shellOn(lab, machine, script);
  const onAll = (script: string) => Promise.all(NODES.map((node) => sh(node, script)));
  const rollOut = () => (hasTerraform ? project.cdktfDeploy() : project.mbctl("apply", "--yes"));
  const rollsOut = async (): Promise<string> => {
    const { code, output } = await rollOut();
    // The end tells why.
    if (code !== 0) throw new Error(`the deployment ended with ${code}:\n${output.slice(-4_000)}`);
    return output;
  };
  const isWhole = () => project.isWhole();

  it(
    "an unknown host key stops the first command, which says what to type",
    async () => {
      const refused = await project.mbctl("apply", "--yes");
      expect(refused.output).toContain("[SSH_HOST_KEY_UNKNOWN]");
      expect(refused.output).toContain("mbctl trust");
      expect(refused.code).toBe(1);
      expect(await project.mbctl("trust", "--yes")).toMatchObject({
        code: 0,
        output: expect.stringContaining("3 new key(s)"),
      });
    },
    MINUTE,
  );

  it("the host keys of containers are learned from their engine, also when they were made anew", async () => {
    const file = join(project.folder, "learned_hosts");
    const hosts = lab.state.topology.machines.map(({ name, ssh: { host } }) => ({
      container: lab.state.containers[name]!,
      host,
      port: 22,
    }));
    const [first, second] = hosts;
    // As after a replacement: the first machine's address is known by another one's key.
    await learnHostKeys(lab.engine.docker, [{ ...first!, container: second!.container }], file);
    await learnHostKeys(lab.engine.docker, hosts, file);
    const learned = (await readFile(file, "utf8")).trimEnd().split("\n");
    const read = (await readFile(lab.paths.knownHosts, "utf8")).split("\n");
    expect(learned).toHaveLength(3);
    expect(read).toEqual(expect.arrayContaining(learned));
  });

  it(
    "a port that another program holds is refused before anything is written",
    async () => {
      const listen =
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 25) or die; sleep 600";
      await sh("node-2", `systemd-run --quiet --unit=intruder perl -e '${listen}'`);
      await until("the intruder listens", async () => (await sh("node-2", "ss -Hltn sport = :25")) !== "");
      const refused = await project.mbctl("apply", "--yes");
      await sh("node-2", "systemctl stop intruder");
      expect(refused.output).toContain('machines.node-2 is "0.0.0.0:25": is held by the program');
      expect(refused.output).toContain("[PREFLIGHT_FAILED]");
      expect(refused.code).toBe(1);
      expect(
        await onAll("ls -d /var/lib/mailbastion-apply /etc/mailbastion /opt/mailbastion 2>/dev/null | wc -l"),
      ).toEqual(["0", "0", "0"]);
    },
    MINUTE,
  );

  it(
    "the first deployment makes them a cluster, packages included",
    async () => {
      expect(await rollsOut()).toContain("done: ");
      const status = await project.mbctl("status", "--timeout", "60");
      expect(status.output).toContain("hosts is whole");
      expect(status.code).toBe(0);
    },
    10 * MINUTE,
  );

  it(
    "is one database, one cache with an agreed master, and one storage",
    async () => {
      expect(await onAll(`mariadb -Nse "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f2`)).toEqual([
        "3",
        "3",
        "3",
      ]);
      // Asked with the Sentinels' own password, which is on the machine and nowhere in this test.
      const ask = (question: string) =>
        `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/sentinel.conf) redis-cli -p 26379 sentinel ${question} mailbastion`;
      for (const answer of await onAll(ask("ckquorum"))) expect(answer).toContain("OK 3 usable Sentinels");
      expect(new Set(await onAll(ask("get-master-addr-by-name"))).size).toBe(1);
      await sh("node-1", "echo held > /var/spool/mailbastion/quarantine/proof");
      expect(await onAll("cat /var/spool/mailbastion/quarantine/proof")).toEqual(["held", "held", "held"]);
    },
    MINUTE,
  );

  it(
    "applied again, changes nothing: no mutating command, no process restarted, no file's time changed",
    async () => {
      const look = () =>
        onAll(
          "find /etc /opt /usr/local -xdev -type f -printf '%p %T@ %m\\n' | sort | sha256sum; systemctl show --property=Id,MainPID,ActiveEnterTimestampMonotonic mariadb redis-server redis-sentinel glusterd haproxy keepalived mailbastion-mbnode mailbastion-firewall",
        );
      const before = await look();
      const again = await project.mbctl("apply", "--yes");
      expect(again.output).toContain("nothing to do: everything is as described");
      expect(again.code).toBe(0);
      expect(await look()).toEqual(before);
      const log = await lastRun(project);
      expect(log.length).toBeGreaterThan(30);
      expect(log.filter((record) => record.mutates)).toEqual([]);
      expect((await project.mbctl("apply", "--dry-run")).code).toBe(0);
    },
    2 * MINUTE,
  );

  withTerraform(
    "deployed again with cdktf, has no changes",
    async () => {
      const second = await project.cdktfDeploy();
      expect(second.output).toContain("No changes");
      expect(second.code).toBe(0);
    },
    MINUTE,
  );

  it(
    "what was changed by hand is shown by plan, written over by no apply unasked, and kept or put back as typed",
    async () => {
      const config = "/etc/haproxy/haproxy.cfg";
      const secret = await sh(
        "node-1",
        `sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/redis.conf`,
      );
      const plan = () => project.mbctl("plan");
      const isEmpty = {
        code: 0,
        output: expect.stringContaining("nothing to do: everything is as described"),
      };
      expect(await plan()).toMatchObject(isEmpty);
      await sh("node-2", `echo '# by hand' >> ${config}`);
      const found = await plan();
      expect(found.code).toBe(2);
      expect(found.output).toContain(`~ node-2  ${config}  changed by hand since the last apply`);
      expect(found.output).toContain("    -# by hand");
      // Of the whole file only that line differs: no secret, and no name of an interface, reads otherwise.
      expect(found.output.match(/^ {4}[-+](?![-+])/gm)).toHaveLength(1);
      expect([secret.length > 15, found.output.includes(secret)]).toEqual([true, false]);
      expect(await plan()).toEqual(found);
      const refused = await project.mbctl("apply", "--yes");
      expect([refused.code, refused.output]).toEqual([1, expect.stringContaining("[DRIFT_FOUND]")]);
      expect(await sh("node-2", `tail -n 1 ${config}`)).toBe("# by hand");

      await project.succeeds("apply", "--take-theirs");
      const kept = join(project.folder, "overrides");
      expect(await readFile(join(kept, "node-2", `${config}.patch`), "utf8")).toContain("\n+# by hand\n");
      expect(await sh("node-2", `tail -n 1 ${config}`)).toBe("# by hand");
      expect(await plan()).toMatchObject(isEmpty);

      await rm(kept, { recursive: true });
      await sh("node-2", `echo '# and again' >> ${config}`);
      await project.succeeds("apply", "--overwrite");
      expect(await sh("node-2", `grep -c -e 'by hand' -e 'and again' ${config} || true`)).toBe("0");
      expect(await plan()).toMatchObject(isEmpty);
    },
    4 * MINUTE,
  );

  it(
    "an edit names the machines that it touches, changes nothing on a dry run, and rolls out by a reload",
    async () => {
      project.describe({ weight: 20 });
      const dry = await project.mbctl("apply", "--dry-run");
      expect(dry.code).toBe(2);
      expect(dry.output).toContain("would be done; nothing was changed");
      if (hasTerraform) expect(machinesTouched((await project.deploy.plan()).output)).toEqual([...BALANCERS]);
      const pids = await Promise.all(
        BALANCERS.map((node) => sh(node, "systemctl show --value --property=MainPID haproxy")),
      );
      await rollsOut();
      for (const [index, node] of BALANCERS.entries()) {
        expect(await sh(node, "systemctl show --value --property=MainPID haproxy")).toBe(pids[index]);
        expect(
          await sh(node, "echo 'get weight smtp/node-3' | socat stdio /run/haproxy/admin.sock"),
        ).toContain("240 (initial 240)");
      }
    },
    2 * MINUTE,
  );

  it(
    "a file refused on one machine of three leaves all three as they were, fails the deployment, and is repeated by the next",
    async () => {
      const program = "/opt/mailbastion/current/bin/mbnode";
      const configs = () => onAll("sha256sum /etc/mailbastion/mbnode.json");
      const before = await configs();
      project.describe({ weight: 20, mail: { maxMessageSize: "30MiB" } });
      await sh("node-3", `chmod a-x ${program}`);
      const failed = await rollOut();
      await sh("node-3", `chmod a+x ${program}`);
      expect(failed.code).not.toBe(0);
      expect(failed.output).toContain("on node-3");
      expect(await configs()).toEqual(before);
      await rollsOut();
      expect(new Set([...before, ...(await configs())]).size).toBe(6);
      expect(await isWhole()).toBe(true);
    },
    4 * MINUTE,
  );

  it(
    "a loss of power of the machine that bears the VIP loses no message",
    async () => {
      const nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
      try {
        const outcome = await losePower(labWorld(lab, nextHop), { print: note, queued: 100 });
        expect(outcome.successor).not.toBe(outcome.holder);
        expect(outcome.ledger).toMatchObject({ answered: 130, missing: [], unanswered: [] });
      } finally {
        await nextHop.stop();
      }
      await project.becomesWhole(3 * MINUTE);
    },
    8 * MINUTE,
  );

  it(
    "comes back by itself when all machines lose their power and get it back",
    async () => {
      const rows = () => sh("node-1", `mariadb -Nse "SELECT COUNT(*) FROM proof.rows"`);
      await sh(
        "node-1",
        `mariadb -e "CREATE DATABASE proof; CREATE TABLE proof.rows (id INT PRIMARY KEY); INSERT INTO proof.rows VALUES (1), (2), (3)"`,
      );
      for (const node of NODES) await kill(lab, node);
      await Promise.all(NODES.map((node) => start(lab, node)));
      await project.becomesWhole(4 * MINUTE);
      expect(await rows()).toBe("3");
      expect(await onAll("cat /var/spool/mailbastion/quarantine/proof")).toEqual(["held", "held", "held"]);
    },
    6 * MINUTE,
  );

  it(
    "where the database rightly does not come back by itself, status names it and the command to type, which works",
    async () => {
      // A clean stop of all leaves no saved view to restore from: a person has to say that it is to begin again.
      for (const node of NODES) await sh(node, "systemctl stop mariadb");
      let status = "";
      await until("status names what is missing", async () => {
        status = (await project.mbctl("status", "--timeout", "60")).output;
        return (
          status.includes("galera on node-1 does not do its work") && status.includes("no primary component")
        );
      });
      const refused = await project.mbctl("apply", "--yes");
      expect(refused.output).toContain("[GALERA_NO_PRIMARY]");
      expect(status).toContain("type: mbctl recover galera");
      expect(await project.mbctl("recover", "galera", "--yes")).toMatchObject({ code: 0 });
      expect(await sh("node-3", `mariadb -Nse "SELECT COUNT(*) FROM proof.rows"`)).toBe("3");
    },
    6 * MINUTE,
  );

  it(
    "a host key that changed stops everything at once, and is forgotten only when told",
    async () => {
      const known = await readFile(project.knownHosts, "utf8");
      const [first, second, ...rest] = known
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" "));
      const swapped = [[first![0], ...second!.slice(1)], [second![0], ...first!.slice(1)], ...rest].map(
        (line) => line.join(" "),
      );
      await writeFile(project.knownHosts, `${swapped.join("\n")}\n`);
      const refused = await project.mbctl("apply", "--yes");
      expect(refused.output).toContain("[SSH_HOST_KEY_CHANGED]");
      expect(refused.code).toBe(1);
      expect(await project.mbctl("trust", "--yes", "--forget")).toMatchObject({ code: 0 });
      expect((await project.mbctl("apply", "--dry-run")).code).toBe(0);
    },
    MINUTE,
  );

  it(
    "a machine that is off is a row of the status, and one sentence from apply",
    async () => {
      await kill(lab, "node-3");
      const status = await project.mbctl("status", "--timeout", "60");
      expect(status.output).toContain("node-3 cannot be reached");
      expect(status.code).toBe(1);
      const refused = await project.mbctl("apply", "--yes");
      expect(refused.code).toBe(1);
      expect(refused.output).toMatch(/^mbctl: .*node-3/m);
      expect(refused.output).not.toContain("    at ");
      await start(lab, "node-3");
      await project.becomesWhole(3 * MINUTE);
    },
    5 * MINUTE,
  );

  it(
    "left no secret in Terraform's files, in a log, or in anything else of the project",
    async () => {
      const secrets = await Promise.all([
        sh("node-1", `sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/redis.conf`),
        sh("node-1", `sed -n 's/.*"password": "\\(.*\\)".*/\\1/p' /etc/mailbastion/mbnode.json | head -n 1`),
        sh("node-1", "sed -n '/PRIVATE KEY/{n;n;p;q}' /etc/mailbastion/pki/machine-*.pem"),
      ]);
      expect(secrets.map((secret) => secret.length > 15)).toEqual([true, true, true]);
      const files = await filesBelow(project.folder);
      expect(files.length).toBeGreaterThan(20);
      for (const file of files) {
        const text = await readFile(file, "latin1");
        for (const secret of secrets) expect([file, text.includes(secret)]).toEqual([file, false]);
      }
    },
    MINUTE,
  );
});

/** Past Jest's console, which would add a stack to each line. */
function note(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

async function lastRun(project: HostsProject): Promise<readonly Recorded[]> {
  const folder = join(project.folder, ".mailbastion", "hosts", "runs");
  const runs = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const [last] = runs
    .map(({ name }) => name)
    .toSorted()
    .reverse();
  const text = await readFile(join(folder, last!, "commands.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== "mail.key")
    .map((entry) => join(entry.parentPath, entry.name));
}
