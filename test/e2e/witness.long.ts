import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PORTS } from "../../src/contract/ports.ts";
import { labDown } from "../../src/toolkit/lab/down.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { sendMails } from "../../src/toolkit/lab/mail/sender.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import { twoAndAWitness } from "../toolkit/fixtures/two-and-a-witness.ts";
import { acquireLab, labName, noEngine, PROJECT } from "./acquire-lab.ts";
import { loseData } from "./lose-data.ts";
import { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { underMail } from "./under-mail.ts";
import { until } from "./until.ts";

/* Two machines with all data and a third one that only votes: either of the two may go. The tests build on each other. */

const FULL = ["node-1", "node-2"] as const;
const NODES = [...FULL, "node-3"] as const;
const MINUTE = 60_000;
const QUARANTINE = "/var/spool/mailbastion/quarantine";

(noEngine() === undefined ? describe : describe.skip)("two full machines and a witness", () => {
  let lab: Lab;
  let project: HostsProject;
  let nextHop: NextHop;

  const sh = (machine: string, script: string, ...args: readonly string[]) =>
    shellOn(lab, machine, script, ...args);
  const holds = (machine: string, script: string) =>
    sh(machine, script).then(
      () => true,
      () => false,
    );
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const becomesWhole = () => project.becomesWhole();
  const rows = () =>
    Promise.all(FULL.map((node) => sh(node, `mariadb -Nse "SELECT COUNT(*) FROM proof.list"`)));
  const size = (node: string) => sh(node, `mariadb -Nse "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f2`);
  const vip = () => lab.state.topology.network.vip;
  const bearer = async () => {
    const held = await Promise.all(
      FULL.map((node) => holds(node, `ip -o address show to ${vip()}/32 | grep -q .`)),
    );
    return FULL[held.indexOf(true)];
  };
  /** What the cache says to a client that comes by the VIP. */
  const cache = (on: string, ...command: readonly string[]) =>
    `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/redis.conf) redis-cli -h ${on} ${command.join(" ")}`;

  beforeAll(async () => {
    lab = await acquireLab({ ...twoAndAWitness, cluster: "hosts" }, "witness");
    project = await HostsProject.of(lab);
    nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
    await succeeds("trust");
    await succeeds("apply");
    await sh(
      "node-1",
      `mariadb -e "CREATE DATABASE proof; CREATE TABLE proof.list (id INT PRIMARY KEY); INSERT INTO proof.list VALUES (1), (2)"
      echo before >${QUARANTINE}/before`,
    );
  }, 12 * MINUTE);
  afterAll(async () => {
    await nextHop?.stop();
    project?.deploy[Symbol.dispose]();
    if (lab) await labDown(lab.engine, { project: PROJECT, name: labName("witness") });
  }, 2 * MINUTE);

  it(
    "are whole, and a second apply finds nothing to do",
    async () => {
      await becomesWhole();
      expect(await succeeds("apply")).toContain("nothing to do");
      expect(await Promise.all(FULL.map(size))).toEqual(["3", "3"]);
      const volume = await sh("node-1", "gluster volume info");
      expect(volume).toContain("1 x (2 + 1) = 3");
      expect(volume).toMatch(/Brick3: .* \(arbiter\)/);
      // The witness has the names and nothing in them.
      expect(await sh("node-3", "cd /srv/gluster/quarantine && stat -c '%n %s' before")).toBe("before 0");
    },
    8 * MINUTE,
  );

  it(
    "go on with one of the two: VIP, database, cache, storage and mail",
    async () => {
      const lost = (await bearer())!;
      const other = FULL.find((node) => node !== lost)!;
      await kill(lab, lost);
      await until("the other one bears the VIP", async () => (await bearer()) === other);
      await until(
        "the database is written by the VIP's machine",
        () => holds(other, `mariadb -e "INSERT INTO proof.list VALUES (3)"`),
        MINUTE,
      );
      expect(await size(other)).toBe("2");
      await until(
        "the cache takes a write by the VIP",
        () => holds(other, `[ "$(${cache(vip(), "SET", "proof", "held")})" = OK ]`),
        MINUTE,
      );
      await until("the volume takes a file", () => holds(other, `echo after >${QUARANTINE}/after`), MINUTE);
      const mails = { host: vip(), port: PORTS.smtp, prefix: "alone", count: 20, to: "someone@example.com" };
      const sent = await sendMails({ ...mails, connections: 1, patienceMs: MINUTE });
      expect(sent.answered).toHaveLength(20);
      await nextHop.waitFor(sent.answered, 3 * MINUTE);
      await until(
        "another mail node leads, by the witness's vote",
        async () =>
          (await sh(other, "/opt/mailbastion/current/bin/mbnode status")).includes(`"leader":"${other}"`),
        MINUTE,
      );
      await start(lab, lost);
      await becomesWhole();
      expect(await rows()).toEqual(["3", "3"]);
      const copies = await Promise.all(FULL.map((node) => sh(node, "cat /srv/gluster/quarantine/after")));
      expect(copies).toEqual(["after", "after"]);
    },
    10 * MINUTE,
  );

  it(
    "go on without the witness, and refuse then to let one of the two go as well",
    async () => {
      await kill(lab, "node-3");
      await until(
        "the database goes on",
        () => holds("node-1", `mariadb -e "INSERT INTO proof.list VALUES (4)"`),
        MINUTE,
      );
      const refused = await project.mbctl("drain", "node-2", "--yes");
      expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("[DRAIN_QUORUM]") });
      await start(lab, "node-3");
      await becomesWhole();
      expect(await rows()).toEqual(["4", "4"]);
    },
    8 * MINUTE,
  );

  it(
    "have their database back by one command after all three lost their power",
    async () => {
      for (const node of NODES) await kill(lab, node);
      await Promise.all(NODES.map((node) => start(lab, node)));
      await succeeds("recover", "galera");
      expect(await rows()).toEqual(["4", "4"]);
      await becomesWhole();
    },
    8 * MINUTE,
  );

  it(
    "have it back also when one was away at the end, and came back first",
    async () => {
      await kill(lab, "node-1");
      await until(
        "the other one goes on",
        () => holds("node-2", `mariadb -e "INSERT INTO proof.list VALUES (5)"`),
        MINUTE,
      );
      for (const node of ["node-2", "node-3"]) await kill(lab, node);
      for (const node of NODES) await start(lab, node);
      await succeeds("recover", "galera");
      expect(await rows()).toEqual(["5", "5"]);
      await becomesWhole();
    },
    8 * MINUTE,
  );

  it(
    "have it back also when no saved view is left: the arbitrator founds nothing, and joins at the end",
    async () => {
      const history = () => sh("node-1", "sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat");
      const before = await history();
      await Promise.all(
        FULL.map((node) =>
          sh(
            node,
            "systemctl kill --signal=KILL mariadb; systemctl stop mariadb; rm -f /var/lib/mysql/gvwstate.dat",
          ),
        ),
      );
      const output = await succeeds("recover", "galera");
      expect(output).toContain("stop the arbitrator until there is a cluster that it can join");
      expect(await history()).toBe(before);
      expect(await rows()).toEqual(["5", "5"]);
      expect(await Promise.all(FULL.map(size))).toEqual(["3", "3"]);
      await becomesWhole();
    },
    8 * MINUTE,
  );

  it(
    "get every row and key back from a backup after both have lost them, and the witness votes in the new history",
    async () => {
      const backups = await mkdtemp(join(tmpdir(), "mailbastion-backups-"));
      try {
        const { folder } = await project.backup(backups);
        await loseData(lab, FULL);
        await succeeds("restore", folder);
      } finally {
        await rm(backups, { recursive: true });
      }
      expect(await rows()).toEqual(["5", "5"]);
      await succeeds("apply");
      await becomesWhole();
      expect(await Promise.all(FULL.map(size))).toEqual(["3", "3"]);
      expect(await sh("node-1", cache(vip(), "GET", "proof"))).toBe("held");
    },
    12 * MINUTE,
  );

  it(
    "are drained and restarted one after the other under mail, the witness too",
    async () => {
      const units = "systemctl show --value --property=MainPID mailbastion-mbnode";
      const before = await Promise.all(NODES.map((node) => sh(node, units)));
      await underMail(lab, nextHop, async () => {
        await succeeds("drain", "node-2");
        await succeeds("undrain", "node-2");
        await succeeds("maintenance", "enter", "node-3");
        expect(await holds("node-3", "systemctl is-active --quiet garb")).toBe(false);
        await succeeds("maintenance", "exit", "node-3");
        await succeeds("restart", "--rolling");
      });
      const after = await Promise.all(NODES.map((node) => sh(node, units)));
      expect(after.filter((pid, index) => pid === before[index])).toEqual([]);
      await becomesWhole();
    },
    20 * MINUTE,
  );
});
