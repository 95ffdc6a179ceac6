import { describe, expect, it } from "@jest/globals";
import { haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { clusterSchema } from "../../../../src/toolkit/spec/schema.ts";
import type { Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { rendered, sectionOf, settingsOf } from "../rendered.ts";

function configOf(topology: Topology = threeMachines, machine = "node-1"): string {
  return rendered(haproxy, topology, machine, "/haproxy.cfg");
}

function withBalancer(change: Partial<Topology["balancer"]>): Topology {
  return { ...threeMachines, balancer: { ...threeMachines.balancer, ...change } };
}

function withoutRole(role: string): Topology {
  const machines = threeMachines.machines.map((machine) => ({
    ...machine,
    roles: machine.roles.filter((other) => other !== role),
  }));
  return { ...threeMachines, machines };
}

const smtpSections = ["listen smtp", "listen submission", "listen submissions"];
const serversOf = (section: readonly string[]): readonly string[] =>
  section.filter((line) => line.startsWith("server "));

const AGENT = "agent-check agent-port 7949 agent-inter 2s";

describe("the configuration of HAProxy", () => {
  it("starts with the marker and ends with a line end, without which HAProxy refuses it", () => {
    expect(configOf()).toMatch(/^# made by a test\n/);
    expect(configOf()).toMatch(/\n$/);
  });

  it("binds public ports on the VIP and its own on the machine's address, never on all addresses", () => {
    const binds = settingsOf(configOf()).filter((line) => line.startsWith("bind "));
    expect(binds.map((line) => line.split(" ")[1])).toEqual([
      "192.168.1.100:25",
      "192.168.1.100:587",
      "192.168.1.100:465",
      "192.168.1.100:443",
      "192.168.1.100:3306",
      "192.168.1.100:6379",
      "192.168.1.101:8404",
      "192.168.1.101:8405",
    ]);
  });

  it("names its own peer in the file, as HAProxy drops a peers section in which it does not find itself", () => {
    const config = configOf(threeMachines, "node-2");
    expect(settingsOf(config)).toContain("localpeer node-2");
    expect(sectionOf(config, "peers balancers")).toEqual([
      "peer node-1 192.168.1.101:10000",
      "peer node-2 192.168.1.102:10000",
    ]);
  });

  it("keeps the admin socket on the machine, for root and its group only", () => {
    const sockets = settingsOf(configOf()).filter((line) => line.startsWith("stats socket"));
    expect(sockets).toEqual(["stats socket /run/haproxy/admin.sock mode 660 level admin"]);
  });

  it("bounds how long an old process may live after a reload", () => {
    expect(settingsOf(configOf(withBalancer({ hardStopAfterMs: 20_000 })))).toContain(
      "hard-stop-after 20000ms",
    );
  });

  it("speaks TLS 1.2 and newer to clients and nothing older than 1.3 to its own nodes", () => {
    const settings = settingsOf(configOf());
    expect(settings).toContain(
      "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets prefer-client-ciphers",
    );
    expect(settings).toContain("ssl-default-server-options ssl-min-ver TLSv1.3");
  });

  it("loads a saved state only where the unit says where it is, so that a check needs none", () => {
    const lines = configOf().split("\n");
    for (const setting of ["server-state-file", "load-server-state-from-file"]) {
      const at = lines.findIndex((line) => line.trim().startsWith(setting));
      expect(lines[at - 1]).toBe(".if defined(SERVER_STATE_FOLDER)");
      expect(lines[at + 1]).toBe(".endif");
    }
  });

  it("sets SMTP time-outs above the 10 minutes that RFC 5321 gives to the end of the data", () => {
    for (const header of smtpSections) {
      const section = sectionOf(configOf(), header);
      expect(section).toContain("timeout client 11m");
      expect(section).toContain("timeout server 11m");
    }
  });

  it("checks SMTP by a dialogue on the port that it serves, with the PROXY header that the node expects", () => {
    for (const [header, port] of [
      ["listen smtp", 25],
      ["listen submission", 587],
    ] as const) {
      const section = sectionOf(configOf(), header);
      expect(section).toContain("option smtpchk EHLO mail.example.com");
      expect(serversOf(section)[2]).toBe(
        `server node-3 192.168.1.103:${port} check check-send-proxy send-proxy weight 250 ${AGENT}`,
      );
    }
  });

  it("checks implicit TLS on 465 through TLS, without depending on who signed the public certificate", () => {
    const servers = serversOf(sectionOf(configOf(), "listen submissions"));
    expect(servers[0]).toBe(
      `server node-1 192.168.1.101:465 check check-send-proxy check-ssl verify none send-proxy weight 250 ${AGENT}`,
    );
  });

  it("takes algorithm and weights from the description, for mail and console alike", () => {
    const machines = threeMachines.machines.map((machine, index) => ({ ...machine, weight: index + 1 }));
    const config = configOf({ ...withBalancer({ algorithm: "roundrobin" }), machines });
    for (const header of [...smtpSections, "listen console"]) {
      const section = sectionOf(config, header);
      expect(section).toContain("balance roundrobin");
      expect(serversOf(section).map((line) => /weight (\d+) /.exec(line)?.[1])).toEqual(["85", "170", "255"]);
    }
  });

  it("hashes consistently by source, so that a lost node moves its own clients only, and passes by a node that has many", () => {
    for (const header of ["listen smtp", "listen console"]) {
      const section = sectionOf(configOf(withBalancer({ algorithm: "source" })), header);
      expect(section).toContain("balance source");
      expect(section).toContain("hash-type consistent");
      expect(section).toContain("hash-balance-factor 125");
    }
  });

  it("verifies every console behind it by the cluster's authority and the machine's own name", () => {
    const section = sectionOf(configOf(), "listen console");
    expect(section).toContain(
      "default-server inter 2s fall 3 ssl verify required ca-file /etc/haproxy/tls/authority.crt",
    );
    expect(serversOf(section)[1]).toBe(
      `server node-2 192.168.1.102:443 check verifyhost node-2 sni str(node-2) check-sni node-2 cookie node-2 weight 250 ${AGENT}`,
    );
    expect(section.join("\n")).not.toContain("verify none");
  });

  it("keeps a web session on one node by a cookie that scripts and plain HTTP do not see, and not for ever", () => {
    const cookie = sectionOf(configOf(), "listen console").find((line) => line.startsWith("cookie "));
    expect(cookie).toBe(
      "cookie MAILBASTION insert indirect nocache httponly secure attr SameSite=Lax maxidle 30m maxlife 8h",
    );
  });

  it("asks the console's health and lets no client forge where it came from", () => {
    const section = sectionOf(configOf(), "listen console");
    expect(section).toContain("option httpchk GET /health HTTP/1.1");
    expect(section).toContain("http-check expect status 200");
    expect(section.indexOf("http-request del-header X-Forwarded-For")).toBeLessThan(
      section.indexOf("option forwardfor"),
    );
  });

  it("has one database writer in the same order on every balancer, remembered together, without fail-back", () => {
    const sections = ["node-1", "node-2"].map((name) =>
      sectionOf(configOf(threeMachines, name), "listen database"),
    );
    expect(sections[0]).toEqual(sections[1]);
    expect(serversOf(sections[0]!)).toEqual([
      "server node-1 192.168.1.101:3306",
      "server node-2 192.168.1.102:3306 backup",
      "server node-3 192.168.1.103:3306 backup",
    ]);
    expect(sections[0]).toContain("stick-table type integer size 1k expire 24h peers balancers");
    expect(sections[0]).toContain("stick on int(1)");
    expect(sections[0]).toContain("default-server check port 9200 on-marked-down shutdown-sessions");
    expect(sections[0]).toContain("http-check expect status 200");
  });

  it("keeps idle database sessions longer than MariaDB's own 8 hours, and finds dead peers by keep-alive", () => {
    const section = sectionOf(configOf(), "listen database");
    for (const line of ["timeout client 9h", "timeout server 9h", "option clitcpka", "option srvtcpka"]) {
      expect(section).toContain(line);
    }
  });

  it("sends to the one Redis that is master and has a replica, ends sessions with the one that was", () => {
    const section = sectionOf(configOf(), "listen cache");
    const dialogue = section.filter((line) => line.startsWith("tcp-check"));
    expect(dialogue.map((line) => line.replace(/ comment ".*"/, ""))).toEqual([
      "tcp-check connect",
      String.raw`tcp-check send AUTH\ @@secret:cache/password:1@@\r\n`,
      "tcp-check expect string +OK",
      String.raw`tcp-check send PING\r\n`,
      "tcp-check expect string +PONG",
      String.raw`tcp-check send INFO\ replication\r\n`,
      "tcp-check expect min-recv 128 string role:master",
      String.raw`tcp-check expect min-recv 128 rstring min_slaves_good_slaves:(1|2)\r`,
      String.raw`tcp-check send PUBLISH\ mailbastion:check\ 1\r\nWAIT\ 1\ 400\r\n`,
      String.raw`tcp-check expect min-recv 8 rstring ^:[0-9]+\r\n:(1|2)\r`,
      String.raw`tcp-check send QUIT\r\n`,
      "tcp-check expect string +OK",
    ]);
    const defaults = section.find((line) => line.startsWith("default-server"));
    expect(defaults).toContain("on-marked-down shutdown-sessions");
    expect(defaults).toMatch(/ fall 2 rise 2 /);
  });

  it("takes a Redis that was cut off from clients sooner than Sentinel may be told to choose another", () => {
    const section = sectionOf(configOf(), "listen cache");
    const look = section.find((line) => line.startsWith("default-server"))!;
    const ms = (name: string) => Number(new RegExp(` ${name} (\\d+)ms`).exec(look)![1]);
    const wait = Number(/WAIT\\ 1\\ (\d+)/.exec(section.join("\n"))![1]);
    // Redis ends a WAIT at a tick, 100 ms apart.
    const longest = ms("inter") + (wait + 100) + ms("fastinter") + (wait + 100);
    const shortest = clusterSchema.shape.cache.unwrap().shape.downAfter;
    expect(shortest.safeParse(`${longest}ms`).success).toBe(false);
  });

  it("wants as many replicas to hear a master as make a majority with it", () => {
    const machines = ["1", "2", "3", "4", "5"].map((digit) => ({
      ...threeMachines.machines[0]!,
      name: `node-${digit}`,
      address: `192.168.1.10${digit}`,
    }));
    const dialogue = sectionOf(configOf({ ...threeMachines, machines }), "listen cache").join("\n");
    expect(dialogue).toContain("min_slaves_good_slaves:(2|3|4)");
    expect(dialogue).toContain(String.raw`WAIT\ 2\ 400`);
    expect(dialogue).toContain(String.raw`^:[0-9]+\r\n:(2|3|4)`);
  });

  it("does not ask a single Redis for replicas that it cannot have", () => {
    const machines = threeMachines.machines.map((machine, index) => ({
      ...machine,
      roles: machine.roles.filter((role) => role !== "cache" || index === 0),
    }));
    expect(configOf({ ...threeMachines, machines })).not.toMatch(/min_slaves_good_slaves|WAIT/);
  });

  it("has no listener for a tier that the cluster does not have", () => {
    expect(() => sectionOf(configOf(withoutRole("database")), "listen database")).toThrow("no section");
    expect(() => sectionOf(configOf(withoutRole("cache")), "listen cache")).toThrow("no section");
    expect(sectionOf(configOf(withoutRole("cache")), "listen database")).not.toHaveLength(0);
  });

  it("asks for a password on the statistics page, and for none where keepalived asks whether it lives", () => {
    const section = sectionOf(configOf(), "listen stats");
    expect(section).toContain("stats auth admin:@@secret:balancer/stats-password:1@@");
    expect(section).toContain("monitor-uri /alive");
    expect(section).not.toContain("stats admin if TRUE");
  });

  it("logs neither the questions of every second nor what went well inside the cluster", () => {
    expect(sectionOf(configOf(), "listen stats")).toContain("no log");
    expect(sectionOf(configOf(), "frontend metrics")).toContain("no log");
    expect(sectionOf(configOf(), "listen database")).toContain("option dontlog-normal");
    expect(sectionOf(configOf(), "listen cache")).toContain("option dontlog-normal");
    expect(sectionOf(configOf(), "listen smtp")).not.toContain("option dontlog-normal");
  });

  it("offers Prometheus its metrics and nothing else", () => {
    expect(sectionOf(configOf(), "frontend metrics").slice(-2)).toEqual([
      "http-request use-service prometheus-exporter if { path /metrics }",
      "http-request return status 404",
    ]);
  });
});

describe("the configuration of HAProxy beside a witness", () => {
  const config = configOf(twoAndAWitness);

  it("sends nothing to the witness", () => {
    expect(config).not.toContain("server node-3");
  });

  it("takes a master without a replica, as of two caches one may be left", () => {
    const asks = (topology: Topology) => sectionOf(configOf(topology), "listen cache").join("\n");
    expect(asks(twoAndAWitness)).toContain("role:master");
    expect(asks(twoAndAWitness)).not.toContain("min_slaves_good_slaves");
    expect(asks(threeMachines)).toContain("min_slaves_good_slaves");
  });
});
