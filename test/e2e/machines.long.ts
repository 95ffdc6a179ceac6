import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { labDown } from "../../src/toolkit/lab/down.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { remake } from "../../src/toolkit/lab/remake.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import type { Machine } from "../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../toolkit/fixtures/three-machines.ts";
import { acquireLab, labName, noEngine, PROJECT } from "./acquire-lab.ts";
import { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { underMail } from "./under-mail.ts";

/*
 * Machines come, go and are made anew, passwords and certificates change, and the cluster goes on working. Three
 * machines are the cluster; two more stand by, blank. The tests build on each other.
 */

const NODES = ["node-1", "node-2", "node-3"] as const;
const NEW = ["node-4", "node-5"] as const;
const MINUTE = 60_000;
const QUARANTINE = "/var/spool/mailbastion/quarantine";

const described = {
  ...threeMachines,
  cluster: "hosts",
  machines: [
    ...threeMachines.machines,
    ...NEW.map((name, index): Machine => {
      const address = `192.168.1.${104 + index}`;
      const roles = ["mail", "database", "cache"] as const;
      return { name, address, roles, weight: 10, ssh: { host: address, port: 22, user: "root" } };
    }),
  ],
};

/* A client of the database, through the VIP, with the password that its file has at the moment. */
const CLIENT = `
field() { sed -n "/\\"database\\": {/,/}/s/.*\\"$1\\": \\"\\(.*\\)\\".*/\\1/p" /etc/mailbastion/mbnode.json | head -n 1; }
touch /run/proof-client
while [ -e /run/proof-client ]; do
  MYSQL_PWD=$(field password) mariadb --no-defaults -h "$1" -u "$(field user)" --connect-timeout=20 -e "SELECT 1" "$(field name)" >/dev/null 2>>/run/proof-client.failed
  echo >>/run/proof-client.asked
  sleep 0.2
done`;

(noEngine() === undefined ? describe : describe.skip)("a cluster whose parts are exchanged", () => {
  let lab: Lab;
  let project: HostsProject;
  let nextHop: NextHop;

  const sh = (machine: string, script: string, ...args: readonly string[]) =>
    shellOn(lab, machine, script, ...args);
  const onAll = (script: string) => Promise.all(NODES.map((node) => sh(node, script)));
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const becomesWhole = () => project.becomesWhole();
  const size = (node: string) => sh(node, `mariadb -Nse "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f2`);
  const certificates = () =>
    onAll("sha256sum /etc/mailbastion/tls/*.crt /etc/mailbastion/*/*.crt 2>/dev/null | sort -u");

  beforeAll(async () => {
    lab = await acquireLab(described, "machines");
    project = await HostsProject.of(lab);
    project.describe({ machines: NODES });
    await succeeds("trust");
    await succeeds("apply");
    nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
    await sh(
      "node-1",
      `mariadb -e "CREATE DATABASE proof; CREATE TABLE proof.list (id INT PRIMARY KEY); INSERT INTO proof.list VALUES (1), (2), (3)"
      for n in 1 2 3 4 5 6 7 8; do head -c 100000 /dev/urandom >${QUARANTINE}/proof-$n; done`,
    );
  }, 10 * MINUTE);
  afterAll(async () => {
    await nextHop?.stop();
    project?.deploy[Symbol.dispose]();
    if (lab) await labDown(lab.engine, { project: PROJECT, name: labName("machines") });
  }, 2 * MINUTE);

  it(
    "takes a machine back that lost all its data and was made anew",
    async () => {
      await remake(lab, "node-3");
      // What is written meanwhile waits for its brick.
      await sh("node-1", `echo late >${QUARANTINE}/proof-late`);
      const refused = await project.mbctl("replace", "machine", "node-3", "--yes");
      expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("[SSH_HOST_KEY_CHANGED]") });
      await succeeds("trust", "node-3", "--forget");
      await succeeds("replace", "machine", "node-3");
      await becomesWhole();
      expect(await onAll(`mariadb -Nse "SELECT COUNT(*) FROM proof.list"`)).toEqual(["3", "3", "3"]);
      // In the brick itself, not through the mount, which another brick could answer.
      const copies = await onAll("cd /srv/gluster/quarantine && sha256sum proof-*");
      expect(copies[2]!.split("\n")).toHaveLength(9);
      expect(new Set(copies).size).toBe(1);
      const again = await project.mbctl("replace", "machine", "node-3", "--yes");
      expect(again).toMatchObject({ code: 1, output: expect.stringContaining("[REPLACE_NOT_BLANK]") });
    },
    12 * MINUTE,
  );

  it(
    "gets new passwords under mail, without a moment in which a client of the database is locked out",
    async () => {
      const passwords = () =>
        onAll("cat /etc/mailbastion/mbnode.json /etc/redis/redis.conf | grep -i pass | sha256sum");
      const before = await passwords();
      const { vip } = lab.state.topology.network;
      await sh("node-2", 'setsid sh -c "$1" sh "$2" >/dev/null 2>&1 </dev/null &', CLIENT, vip);
      await underMail(lab, nextHop, () => succeeds("rotate", "secrets"));
      await sh("node-2", "rm /run/proof-client");
      expect(await sh("node-2", "cat /run/proof-client.failed")).toBe("");
      expect(Number(await sh("node-2", "wc -l </run/proof-client.asked"))).toBeGreaterThan(10);
      const after = await passwords();
      expect(after.filter((one, index) => one === before[index])).toEqual([]);
      await becomesWhole();
    },
    12 * MINUTE,
  );

  it(
    "gets new certificates and a new authority under mail",
    async () => {
      const before = await certificates();
      await underMail(lab, nextHop, () => succeeds("rotate", "certificates", "--authority"));
      const after = await certificates();
      expect(after.filter((one, index) => one === before[index] || one === "")).toEqual([]);
      await becomesWhole();
    },
    12 * MINUTE,
  );

  it(
    "takes two more machines in, and lets them go again, under mail",
    async () => {
      project.describe({});
      await underMail(lab, nextHop, async () => {
        await succeeds("trust", ...NEW);
        await succeeds("add", "machine", ...NEW);
        expect(await Promise.all([...NODES, ...NEW].map(size))).toEqual(["5", "5", "5", "5", "5"]);
        await becomesWhole();
        await succeeds("remove", "machine", ...NEW);
        expect(await Promise.all(NODES.map(size))).toEqual(["3", "3", "3"]);
        project.describe({ machines: NODES });
        await succeeds("apply");
      });
      await becomesWhole();
      expect(await onAll(`mariadb -Nse "SELECT COUNT(*) FROM proof.list"`)).toEqual(["3", "3", "3"]);
    },
    15 * MINUTE,
  );
});
