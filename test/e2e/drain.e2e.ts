import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";
import { ledgerOf } from "../../src/toolkit/lab/mail/ledger.ts";
import { NextHop } from "../../src/toolkit/lab/mail/next-hop.ts";
import { sendMails } from "../../src/toolkit/lab/mail/sender.ts";
import { kill, start } from "../../src/toolkit/lab/power.ts";
import { NEXT_HOP_PORT } from "../../src/toolkit/lab/up.ts";
import { acquireCluster } from "./acquire-cluster.ts";
import { noEngine } from "./acquire-lab.ts";
import type { HostsProject } from "./project.ts";
import { shellOn } from "./shell-on.ts";
import { until } from "./until.ts";

/*
 * Machines of a running cluster are drained and given back, while mail comes in. The cluster is the one whose life
 * cluster.e2e.ts tells, or is made here when this file runs alone; what is done to it is taken back.
 */

const NODES = ["node-1", "node-2", "node-3"] as const;
const BALANCERS = ["node-1", "node-2"] as const;
const MINUTE = 60_000;
const DRAINED = "8";

(noEngine() === undefined ? describe : describe.skip)("drained machines", () => {
  let lab: Lab;
  let project: HostsProject;
  let nextHop: NextHop;

  const mbctl = (...args: readonly string[]) => project.mbctl(...args);
  const isWhole = () => project.isWhole();

  beforeAll(async () => {
    ({ lab, project } = await acquireCluster());
    nextHop = await NextHop.start(lab.state.gateway, NEXT_HOP_PORT);
  }, 12 * MINUTE);
  // Also after a test that failed half-way: the next one begins with a whole cluster, or says that there is none.
  afterEach(async () => {
    if (await isWhole()) return;
    for (const balancer of BALANCERS) await exec(lab, balancer, ["systemctl", "start", "haproxy"], MINUTE);
    for (const node of NODES) await mbctl("maintenance", "exit", node, "--yes");
    await project.becomesWhole(3 * MINUTE);
  }, 8 * MINUTE);
  afterAll(async () => {
    await nextHop?.stop();
    project?.deploy[Symbol.dispose]();
  });

  const sh = (machine: string, script: string) => shellOn(lab, machine, script);
  const succeeds = (...args: readonly string[]) => project.succeeds(...args);
  const vip = () => lab.state.topology.network.vip;
  const holders = async () => {
    const found = await Promise.all(
      BALANCERS.map((name) => sh(name, `ip -o -4 address show to ${vip()}/32`)),
    );
    return BALANCERS.filter((_, index) => found[index] !== "");
  };
  /** The administrative state of the machine's four servers, as one balancer has it. */
  const statesOn = (balancer: string, machine: string) =>
    sh(
      balancer,
      `echo 'show servers state' | socat stdio /run/haproxy/admin.sock | awk '$4 == "${machine}" && $2 ~ /^(smtp|submissions?|console)$/ { print $7 }' | sort -u`,
    );

  /** Sends messages, each tried once, until it is told to stop; what was refused is a failed transaction. */
  const underLoad = async (work: () => Promise<void>) => {
    let isOver = false;
    const answered: string[] = [];
    const refused: string[] = [];
    const load = (async () => {
      for (let round = 0; !isOver; round++) {
        const sent = await sendMails({
          host: vip(),
          port: 25,
          prefix: `drain-${performance.now()}-${round}`,
          count: 12,
          to: "b@example.com",
          connections: 3,
          patienceMs: 0,
        });
        answered.push(...sent.answered);
        refused.push(...sent.refused.values());
      }
    })();
    try {
      await work();
    } finally {
      isOver = true;
      await load;
    }
    await nextHop.waitFor(answered, MINUTE);
    expect(refused).toEqual([]);
    const own = new Set(answered);
    const arrived = nextHop.arrivals.map(({ id }) => id).filter((id) => own.has(id));
    expect(ledgerOf(answered, arrived)).toMatchObject({ missing: [] });
    return answered.length;
  };

  it.each(NODES)(
    "%s leaves and comes back under load without a failed transaction, and leads nothing meanwhile",
    async (node) => {
      const count = await underLoad(async () => {
        await succeeds("drain", node, "--reason", "a new disk");
        expect(await holders()).toHaveLength(1);
        expect(await holders()).not.toContain(node);
        for (const balancer of BALANCERS) expect(await statesOn(balancer, node)).toBe(DRAINED);
        const { address } = lab.state.topology.machines.find(({ name }) => name === node)!;
        const master = await sh(
          "node-1",
          `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\?\\([^"]*\\)"\\?$/\\1/p' /etc/redis/sentinel.conf) redis-cli -p 26379 sentinel get-master-addr-by-name mailbastion | head -n 1`,
        );
        expect(master).not.toBe(address);
        await succeeds("undrain", node);
        for (const balancer of BALANCERS) expect(await statesOn(balancer, node)).toBe("0");
      });
      expect(count).toBeGreaterThan(20);
    },
    6 * MINUTE,
  );

  it(
    "stay drained over a reload, a restart, a crash that saved nothing, and the loss of power of everyone concerned",
    async () => {
      await succeeds("drain", "node-2");
      for (const balancer of BALANCERS) {
        await sh(balancer, "systemctl reload haproxy");
        await until("the new process has it", async () => (await statesOn(balancer, "node-2")) === DRAINED);
        await sh(balancer, "systemctl restart haproxy");
        expect(await statesOn(balancer, "node-2")).toBe(DRAINED);
        await sh(balancer, "rm -f /var/lib/haproxy/server-state*; systemctl kill --signal=KILL haproxy");
        await until("it is back", async () => {
          const answer = await exec(lab, balancer, ["systemctl", "is-active", "haproxy"], MINUTE);
          return answer.code === 0 && (await statesOn(balancer, "node-2")) === DRAINED;
        });
      }
      await kill(lab, "node-2");
      await start(lab, "node-2");
      const status = "/opt/mailbastion/current/bin/mbnode status --ready || [ $? -eq 3 ] && echo drained";
      await until("the node says so itself", async () => {
        const answer = await exec(lab, "node-2", ["sh", "-c", status], MINUTE);
        return answer.stdout.includes('"reason":"draining"');
      });
      expect(await holders()).toEqual(["node-1"]);
      await until("its balancer has it", async () => {
        const answer = await exec(lab, "node-2", ["systemctl", "is-active", "haproxy"], MINUTE);
        return answer.code === 0 && (await statesOn("node-2", "node-2")) === DRAINED;
      });
      await until("its database is back", async () => {
        const answer = await exec(
          lab,
          "node-2",
          ["mariadb", "-Nse", "SHOW STATUS LIKE 'wsrep_ready'"],
          MINUTE,
        );
        return answer.stdout.includes("ON");
      });
      // A state with the drain in it, and no other before the processes die.
      for (const balancer of BALANCERS) await sh(balancer, "systemctl restart haproxy");
      await succeeds("undrain", "node-2");
      for (const balancer of BALANCERS) {
        await sh(balancer, "systemctl kill --signal=KILL haproxy");
        await until("node-2 is in service", async () => (await statesOn(balancer, "node-2")) === "0");
      }
    },
    8 * MINUTE,
  );

  it(
    "are kept out by a balancer that was down while they were drained",
    async () => {
      const [holder] = await holders();
      const other = BALANCERS.find((name) => name !== holder)!;
      await sh(other, "systemctl stop haproxy");
      await succeeds("drain", "node-3");
      await sh(other, "systemctl start haproxy");
      expect(await statesOn(other, "node-3")).toBe(DRAINED);
      await succeeds("undrain", "node-3");
    },
    4 * MINUTE,
  );

  it(
    "are put back, with every session alive, when a transaction does not end in time, and lose it only when told so",
    async () => {
      const sessions = await Promise.all(NODES.map(() => OpenTransaction.begin(vip())));
      const failed = await mbctl("drain", "node-3", "--timeout", "3s", "--yes");
      expect(failed.code).toBe(1);
      expect(failed.output).toContain("sessions left: smtp 1");
      expect(failed.output).toContain("was taken back");
      for (const balancer of BALANCERS) expect(await statesOn(balancer, "node-3")).toBe("0");
      expect(await sh("node-3", "find /var/lib/mailbastion-drain -type f")).toBe("");
      await succeeds("drain", "node-3", "--timeout", "3s", "--end-sessions");
      const ends = await Promise.all(sessions.map((session) => session.finish()));
      expect(ends.filter((reply) => reply.startsWith("250 "))).toHaveLength(2);
      expect(ends.filter((reply) => reply === "")).toHaveLength(1);
      await succeeds("undrain", "node-3");
    },
    5 * MINUTE,
  );

  it(
    "let in nobody's new connection for long: a handover that is killed leaves no machine that drops them",
    async () => {
      const [holder] = await holders();
      const run = mbctl("drain", holder!, "--handover-timeout", "10s", "--yes");
      await until("it is out", async () => (await statesOn(holder!, holder!)) === DRAINED, MINUTE);
      // With another node, so that the drain goes on, and through the holder, so that the VIP waits for it.
      const open = await OpenTransaction.begin(vip());
      await until(
        "new connections are held back",
        async () => (await sh(holder!, "nft list tables")).includes("mailbastion_handover"),
        2 * MINUTE,
      );
      // The script, not the timer: as when somebody kills what they do not know.
      await sh(holder!, "pkill -KILL -f 'mailbastion[_]handover'");
      expect((await run).code).toBe(1);
      await until(
        "they are let in again",
        async () => !(await sh(holder!, "nft list tables")).includes("mailbastion_handover"),
        MINUTE,
      );
      expect(await holders()).toEqual([holder]);
      expect(await open.finish()).toMatch(/^250 /);
    },
    5 * MINUTE,
  );

  it(
    "can be switched off in maintenance, and come back whole, without a failed transaction",
    async () => {
      const [holder] = await holders();
      await underLoad(async () => {
        await succeeds("maintenance", "enter", holder!, "--reason", "a new disk");
        const units = "mariadb redis-server redis-sentinel glusterd haproxy keepalived mailbastion-mbnode";
        expect(await sh(holder!, `systemctl is-active ${units} | sort -u || true`)).toBe("inactive");
        expect((await mbctl("undrain", holder!, "--yes")).output).toContain("[IN_MAINTENANCE]");
        await kill(lab, holder!);
        await start(lab, holder!);
        await succeeds("maintenance", "exit", holder!);
      });
    },
    8 * MINUTE,
  );
});

/** An SMTP session that has begun its message and not ended it. */
class OpenTransaction {
  readonly #socket: Socket;
  #text = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => (this.#text += String(data)));
    socket.on("error", () => undefined);
  }

  static async begin(host: string): Promise<OpenTransaction> {
    const socket = connect(25, host);
    await once(socket, "connect");
    const session = new OpenTransaction(socket);
    await session.#reply();
    for (const line of ["EHLO open.example", "MAIL FROM:<a@open.example>", "RCPT TO:<b@example.com>", "DATA"])
      await session.#say(line);
    return session;
  }

  /** Ends the message; the reply to it, "" when the connection is gone. */
  async finish(): Promise<string> {
    const reply = await this.#say("Message-ID: <open@open.example>\r\n\r\nbody\r\n.");
    this.#socket.destroy();
    return reply;
  }

  #say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.#reply();
  }

  async #reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match[0].length);
        return match[1]!;
      }
      if (this.#socket.closed || this.#socket.readableEnded) return "";
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
  }
}
