import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { RELEASE } from "../../src/contract/release-layout.ts";
import type { Lab } from "../../src/toolkit/lab/lab.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { heal, isolate } from "../../src/toolkit/lab/links.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import { SENTINEL_TIMES } from "../../src/toolkit/services/sentinel/settings.ts";
import { acquireCluster } from "./acquire-cluster.ts";
import { noEngine } from "./acquire-lab.ts";
import type { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { beginTwoParts, LEFT } from "./two-parts.ts";
import { underMail } from "./under-mail.ts";
import { until } from "./until.ts";

/* What an operator does to a running cluster at three in the morning. The tests build on each other. */

const NODES = ["node-1", "node-2", "node-3"] as const;
const BALANCERS = ["node-1", "node-2"] as const;
const MINUTE = 60_000;

(noEngine() === undefined ? describe : describe.skip)("a running cluster", () => {
  let lab: Lab;
  let project: HostsProject;

  const sh = (machine: string, script: string) => shellOn(lab, machine, script);
  const onAll = (script: string) => Promise.all(NODES.map((node) => sh(node, script)));
  const becomesWhole = (limitMs: number) => project.becomesWhole(limitMs);
  const rows = () => onAll(`mariadb -Nse "SELECT COUNT(*) FROM operations.proof"`);
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);

  beforeAll(async () => {
    ({ lab, project } = await acquireCluster());
    await sh(
      "node-1",
      `mariadb -e "CREATE DATABASE operations; CREATE TABLE operations.proof (id INT PRIMARY KEY); INSERT INTO operations.proof VALUES (1), (2), (3)"`,
    );
  }, 10 * MINUTE);
  afterAll(async () => {
    project?.deploy[Symbol.dispose]();
  });

  it(
    "has its database back by one command after all machines lost their power",
    async () => {
      for (const node of NODES) await kill(lab, node);
      await Promise.all(NODES.map((node) => start(lab, node)));
      await succeeds("recover", "galera");
      expect(await rows()).toEqual(["3", "3", "3"]);
      await becomesWhole(4 * MINUTE);
    },
    6 * MINUTE,
  );

  it(
    "has its database back by one command when no saved view is left, without a new history",
    async () => {
      const history = () => sh("node-1", "sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat");
      const before = await history();
      await onAll(
        "systemctl kill --signal=KILL mariadb; systemctl stop mariadb; rm -f /var/lib/mysql/gvwstate.dat",
      );
      await succeeds("recover", "galera");
      expect(await rows()).toEqual(["3", "3", "3"]);
      expect(await history()).toBe(before);
      expect(await onAll("ls /run/mariadb-wsrep-new-cluster 2>/dev/null | wc -l")).toEqual(["0", "0", "0"]);
      // Nobody keeps the order to begin a cluster.
      expect(await onAll("pgrep -a -x mariadbd | grep -c -e --wsrep-new-cluster || true")).toEqual([
        "0",
        "0",
        "0",
      ]);
      expect(await succeeds("recover", "galera")).toContain("nothing to do");
    },
    4 * MINUTE,
  );

  it(
    "moves the VIP, the Redis master and the database writer by name, and they stay",
    async () => {
      const { vip } = lab.state.topology.network;
      const bearer = async () =>
        (await Promise.all(BALANCERS.map((node) => sh(node, `ip -o address show to ${vip}/32`)))).map(
          (line) => line !== "",
        );
      const [first] = await bearer();
      await succeeds("failover", "balancer", "--to", first ? "node-2" : "node-1");
      expect(await bearer()).toEqual([!first, first]);

      await succeeds("failover", "cache", "--to", "node-3");
      const ask = `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/sentinel.conf) redis-cli -p 26379 sentinel get-master-addr-by-name mailbastion | head -1`;
      const address = lab.state.topology.machines[2]!.address;
      expect(await onAll(ask)).toEqual([address, address, address]);

      await succeeds("failover", "database-writer", "--to", "node-3");
      for (const node of BALANCERS)
        expect(await sh(node, "echo 'show table database' | socat stdio /run/haproxy/admin.sock")).toContain(
          "server_key=node-3",
        );
      await becomesWhole(MINUTE);
    },
    4 * MINUTE,
  );

  it(
    "lets another mail node lead, and every mail node names it",
    async () => {
      const named = () => onAll(`${RELEASE.program} status | sed -n 's/.*"leader":"\\([^"]*\\)".*/\\1/p'`);
      const [leader] = await named();
      const next = NODES.find((node) => node !== leader)!;
      await succeeds("failover", "mail-leader", "--to", next);
      expect(await named()).toEqual([next, next, next]);
      const refused = await project.mbctl("failover", "mail-leader", "--to", next, "--yes");
      expect([refused.code, refused.output]).toEqual([
        1,
        expect.stringContaining("[FAILOVER_HOLDS_ALREADY]"),
      ]);
      await becomesWhole(MINUTE);
    },
    2 * MINUTE,
  );

  it(
    "has its storage back by one command: a daemon that is off, a brick that is behind, a mount that hangs",
    async () => {
      const quarantine = "/var/spool/mailbastion/quarantine";
      const clients = "pgrep -c -f -- '[-]-process-name fuse'";
      // The brick goes with its daemon.
      await sh("node-2", "systemctl stop glusterd");
      await sh("node-1", `head -c 300000 /dev/urandom > ${quarantine}/written-without-node-2`);
      await sh("node-3", "pkill -STOP -f -- '[-]-process-name fuse'");
      const broken = await project.mbctl("status", "--timeout", "60");
      expect([broken.code, broken.output]).not.toEqual([0, expect.anything()]);
      expect(broken.output).toContain("mbctl recover storage");
      await succeeds("recover", "storage");
      // In the bricks themselves, not through the mounts, which another brick could answer.
      const copies = await onAll("sha256sum /srv/gluster/quarantine/written-without-node-2");
      expect(copies).toEqual([copies[0], copies[0], copies[0]]);
      expect(await sh("node-3", `sha256sum < ${quarantine}/written-without-node-2`)).toBe(
        `${copies[0]!.split(" ")[0]}  -`,
      );
      expect(await onAll(clients)).toEqual(["1", "1", "1"]);
      await becomesWhole(MINUTE);
      expect(await succeeds("recover", "storage")).toContain("nothing to do");
    },
    5 * MINUTE,
  );

  it(
    "has Sentinels that look as often as they shall, also when one has just been started again",
    async () => {
      await sh("node-2", "systemctl kill --signal=KILL redis-sentinel");
      const times = `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/sentinel.conf) redis-cli -p 26379 sentinel debug | paste -d ' ' - - | grep -E '^(INFO|PING)-PERIOD'`;
      const wanted = Object.entries(SENTINEL_TIMES).map(([name, value]) => `${name.toUpperCase()} ${value}`);
      await until("each Sentinel has its times", async () => {
        const found = await onAll(`${times} || true`);
        return found.every((lines) => lines.split("\n").toSorted().join() === wanted.toSorted().join());
      });
      await becomesWhole(MINUTE);
    },
    2 * MINUTE,
  );

  it(
    "takes a Redis master that its replicas do not hear from clients, and gives it back when they do",
    async () => {
      const up = async () =>
        (
          await sh(
            "node-1",
            `echo 'show stat' | socat stdio /run/haproxy/admin.sock | awk -F , '$1 == "cache" && $2 ~ /^node/ && $18 ~ /^UP/ { print $2 }'`,
          )
        ).split("\n");
      const [master] = await up();
      const replicas = NODES.filter((node) => node !== master);
      const reasons = `journalctl -u haproxy | grep -c "cache/${master} .*is heard by its replicas" || true`;
      const before = Number(await sh("node-1", reasons));
      try {
        for (const node of replicas) await sh(node, "systemctl kill --signal=STOP redis-server");
        await until("no Redis is offered to clients", async () => (await up()).join() === "");
      } finally {
        for (const node of replicas) await sh(node, "systemctl kill --signal=CONT redis-server");
      }
      expect(Number(await sh("node-1", reasons))).toBeGreaterThan(before);
      await until("the master is offered again", async () => (await up()).join() === master);
      await becomesWhole(MINUTE);
    },
    3 * MINUTE,
  );

  it(
    "lets one of two operators in, tells the other one who is there, and lets him in when he waits",
    async () => {
      const first = await beginTwoParts(lab, project);
      const refused = await project.mbctl("failover", "cache", "--to", "node-1", "--yes");
      expect([refused.code, refused.output]).toEqual([1, expect.stringContaining("[LOCK_HELD]")]);
      expect(refused.output).toMatch(
        /the cluster is locked \(seen on node-1\) by \S+@\S+: mbctl run two-parts/,
      );
      const waiting = project.mbctl("lock", "acquire", "--message", "next", "--lock-wait", "2m");
      await first.letGo();
      expect(await first.ended).toMatchObject({ code: 0 });
      expect(await waiting).toMatchObject({ code: 0 });
      await project.mbctl("lock", "release");
      expect((await project.mbctl("lock", "status")).output.trim().split("\n")).toEqual(
        NODES.map((node) => `${node}: free`),
      );
    },
    2 * MINUTE,
  );

  it(
    "has a run that stops with a clear error where a machine is cut off in its middle, and is resumed when it is back",
    async () => {
      await sh("node-3", `rm -f ${LEFT}`);
      const run = await beginTwoParts(lab, project);
      try {
        await isolate(lab, "node-3");
        await run.letGo();
        const { code, output } = await run.ended;
        expect([code, output]).toEqual([1, expect.stringMatching(/^mbctl: .*node-3/m)]);
        expect(output).toContain("stopped after 1 of 2 parts");
        expect(output).toContain("mbctl resume goes on with it");
        expect(output).not.toContain("    at ");
      } finally {
        await heal(lab);
      }
      expect(await sh("node-3", `ls ${LEFT} 2> /dev/null || true`)).toBe("");
      await succeeds("resume");
      expect(await sh("node-3", `ls ${LEFT}`)).toBe(LEFT);
      await becomesWhole(3 * MINUTE);
    },
    6 * MINUTE,
  );

  it(
    "is restarted machine by machine under mail without losing a message",
    async () => {
      const before = await onAll("systemctl show --value --property=MainPID mailbastion-mbnode");
      const nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
      try {
        await underMail(lab, nextHop, () => succeeds("restart", "--rolling"));
      } finally {
        await nextHop.stop();
      }
      const after = await onAll("systemctl show --value --property=MainPID mailbastion-mbnode");
      expect(after.filter((pid, index) => pid === before[index])).toEqual([]);
      await becomesWhole(MINUTE);
    },
    15 * MINUTE,
  );
});
