import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parseMailNodeConfig, type MailNodeConfig } from "../../../../src/contract/mailnode-config.ts";
import { parseNodeConfig, takesMail } from "../../../../src/contract/witness-config.ts";
import { mailnode } from "../../../../src/toolkit/services/mailnode/service.ts";
import { machineNamed, type Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { rendered, settingsOf } from "../rendered.ts";
import { runWith } from "../shell.ts";
import { sampleContext } from "../sample-context.ts";
import { faults } from "./faults.ts";

const node1 = machineNamed(threeMachines, "node-1");
const files = mailnode.files(sampleContext(threeMachines, node1));

function configOf(topology: Topology = threeMachines): MailNodeConfig {
  return parseMailNodeConfig(rendered(mailnode, topology, "node-1", "/mbnode.json"), "mbnode.json");
}

/** Faults in what a secret is put into show where the checks are run with real ones. */
const HOLD_SECRETS = /\.(pem|crt|keys)$/;

describe("the mailnode service", () => {
  it("runs where the role mail is", () => {
    const without = { ...node1, roles: ["balancer"] as const };
    expect(mailnode.runsOn(threeMachines, node1)).toBe(true);
    expect(mailnode.runsOn(threeMachines, without)).toBe(false);
  });

  it("opens its ports on the machine's own address, to balancers or to the other mail nodes alone", () => {
    const listener = (from: string) => (port: number) => ({
      port,
      protocol: "tcp",
      on: "machine",
      from: [from],
      program: "mbnode",
    });
    expect(mailnode.listens(threeMachines, node1)).toEqual([
      ...[25, 587, 465, 443].map(listener("balancer")),
      { ...listener("mail")(7946), protocol: "udp" },
      ...[7946, 7948].map(listener("mail")),
      listener("balancer")(7949),
    ]);
  });

  it("asks for one key that all mail nodes seal what they gossip with", () => {
    expect(mailnode.secrets(threeMachines)).toContainEqual({
      kind: "key",
      name: "mail/gossip-key",
      bytes: 32,
    });
  });

  it("asks for a certificate of the cluster's authority for every machine with the role", () => {
    expect(mailnode.secrets(threeMachines).filter(({ name }) => name.startsWith("pki/node-"))).toEqual(
      ["node-1", "node-2", "node-3"].map((name, index) => ({
        kind: "certificate",
        name: `pki/${name}`,
        authority: "pki/authority",
        commonName: name,
        names: [name],
        addresses: [`192.168.1.10${index + 1}`],
      })),
    );
  });

  it("takes the operator's certificate for clients where the description names one", () => {
    const files = { kind: "files", certificateFile: "mail.crt", keyFile: "mail.key" } as const;
    expect(mailnode.secrets({ ...threeMachines, tls: { public: files } })).toContainEqual({
      ...files,
      name: "tls/public",
    });
  });

  it.each([
    ["takes mail", 0, 0],
    ["is drained by somebody, as it was told", 3, 0],
    ["does not take mail", 1, 1],
  ])("is probed for readiness, without a change, and passes accordingly when it %s", (_how, ends, code) => {
    const { argv, mutates } = mailnode.probe(threeMachines, node1);
    expect(mutates).toBe(false);
    expect(argv).toContain("/opt/mailbastion/current/bin/mbnode");
    const standIn = argv.map((word) => (word.endsWith("/mbnode") ? "mbnode" : word));
    const programs = { mbnode: `[ "$*" = "status --ready" ] && exit ${ends}; exit 9` };
    expect(runWith(standIn, { programs }).code).toBe(code);
  });
});

describe("the mail node's generated configuration", () => {
  it("is what the node itself accepts", () => {
    expect(rendered(mailnode, threeMachines, "node-1", "/mbnode.json")).toMatchSnapshot();
  });

  it("says of the disk what the description says, and no more", () => {
    expect(Object.keys(configOf().queue)).toEqual(["path"]);
    const disk = { maxFailedBytes: 2 ** 31, maxFailedAgeMs: 1e9, minFreeBytes: 2 ** 29 };
    const { queue } = configOf({ ...threeMachines, mail: { ...threeMachines.mail, disk } });
    expect(queue).toMatchObject(disk);
  });

  it("believes the PROXY line of the balancers, and of them alone", () => {
    expect(configOf().smtp.balancers).toEqual(["192.168.1.101", "192.168.1.102"]);
  });

  it("asks for TLS on 587 before MAIL, has TLS from the first byte on 465, and offers it on 25", () => {
    expect(configOf().smtp.listeners.map(({ port, tls, requireTls }) => ({ port, tls, requireTls }))).toEqual(
      [
        { port: 25, tls: "starttls", requireTls: false },
        { port: 587, tls: "starttls", requireTls: true },
        { port: 465, tls: "implicit", requireTls: false },
      ],
    );
  });

  it("reaches database and Redis through the VIP, and leaves out what the cluster does not have", () => {
    expect(configOf().checks).toMatchObject({
      database: { host: "192.168.1.100", port: 3306, password: "@@secret:database/password:1@@" },
      redis: { host: "192.168.1.100", port: 6379, password: "@@secret:cache/password:1@@" },
    });
    const machines = threeMachines.machines.map((machine) => ({
      ...machine,
      roles: ["balancer", "mail"] as const,
    }));
    expect(Object.keys(configOf({ ...threeMachines, machines }).checks)).toEqual(["timeoutMs", "cacheMs"]);
  });

  it("founds with all mail nodes in the order of the description, and finds the others by their addresses", () => {
    expect(configOf().cluster).toMatchObject({
      founders: ["node-1", "node-2", "node-3"],
      discovery: { method: "static", seeds: ["192.168.1.102:7946", "192.168.1.103:7946"] },
      agentCheck: { balancers: ["192.168.1.101", "192.168.1.102"] },
    });
  });

  it("says where the machine stands and when it leads, if the description does, and else says nothing of it", () => {
    expect(configOf().cluster).not.toHaveProperty("region");
    expect(configOf().cluster).not.toHaveProperty("electionRank");
    const machines = threeMachines.machines.map((machine) => ({
      ...machine,
      region: "eu-west",
      electionRank: 1,
    }));
    expect(configOf({ ...threeMachines, machines }).cluster).toMatchObject({
      region: "eu-west",
      electionRank: 1,
    });
  });

  it("answers a balancer's check before the balancer gives up on it", () => {
    expect(configOf().checks.timeoutMs).toBeLessThan(2_000);
  });
});

describe("the files of the mail node", () => {
  it("are all checked by a program", () => {
    expect(files.map(({ check }) => check.kind)).toEqual(files.map(() => "command"));
  });

  it("each have a planted fault for their check, which changes them", () => {
    for (const { path } of files) {
      expect(faults.filter(({ pathEndsWith }) => path.endsWith(pathEndsWith))).not.toHaveLength(0);
    }
    for (const fault of faults.filter(({ pathEndsWith }) => !HOLD_SECRETS.test(pathEndsWith))) {
      const text = rendered(mailnode, threeMachines, "node-1", fault.pathEndsWith);
      expect({ title: fault.title, changed: fault.mutate(text) !== text }).toEqual({
        title: fault.title,
        changed: true,
      });
    }
  });

  it("refuse, when they are a configuration, every planted fault", () => {
    const text = rendered(mailnode, threeMachines, "node-1", "/mbnode.json");
    for (const fault of faults.filter(({ pathEndsWith }) => pathEndsWith === "/mbnode.json")) {
      const { title } = fault;
      expect({ title, refused: refuses(fault.mutate(text)) }).toEqual({ title, refused: true });
    }
  });

  it("with secrets can be read by root and the node's own group alone", () => {
    const secret = files.filter(({ path }) => /\.(json|pem|keys)$/.test(path));
    expect(secret).toHaveLength(5);
    for (const { owner, group, mode } of secret)
      expect([owner, group, mode]).toEqual(["root", "mailbastion", "0640"]);
  });

  it("that the configuration names lie under their hash", () => {
    expect(files.filter(({ addressed }) => addressed).map(({ path }) => path)).toEqual([
      "/etc/mailbastion/tls/public.pem",
      "/etc/mailbastion/pki/machine.pem",
    ]);
  });

  it("that prove the node among the others are read again at a reload, without a restart", () => {
    const reloaded = files.filter(({ action }) => action.kind === "reload");
    expect(reloaded.map(({ path, addressed = false }) => [path, addressed])).toEqual([
      ["/etc/mailbastion/cluster/member.pem", false],
      ["/etc/mailbastion/cluster/authority.crt", false],
      ["/etc/mailbastion/cluster/gossip.keys", false],
    ]);
    const unit = settingsOf(rendered(mailnode, threeMachines, "node-1", ".service"));
    expect(unit).toContain("ExecReload=/bin/kill -HUP $MAINPID");
  });

  it("with gossip keys may hold several while they change, and nothing that is no key", () => {
    const { check } = files.find(({ path }) => path.endsWith("gossip.keys"))!;
    const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-keys-"));
    const codeOf = (text: string) => {
      const path = join(folder, "gossip.keys");
      writeFileSync(path, text);
      const argv = check.kind === "command" ? check.argv.map((word) => word.replace("{staged}", path)) : [];
      return runWith(argv, {}).code;
    };
    expect(codeOf(`# mailbastion: made\n${key(1)}\n`)).toBe(0);
    expect(codeOf(`# mailbastion: made\n${key(1)}\n${key(2)}\n`)).toBe(0);
    expect(codeOf(`# mailbastion: made\n${key(1)}${key(2)}\n`)).toBe(1);
    expect(codeOf("# mailbastion: made\n")).toBe(1);
    rmSync(folder, { recursive: true });
  });

  it("start when the machine's addresses are there, and do not wait for the storage daemon", () => {
    const unit = settingsOf(rendered(mailnode, threeMachines, "node-1", ".service"));
    const after = unit.find((line) => line.startsWith("After="));
    expect(after).toContain("systemd-networkd-wait-online.service");
    // Debian's glusterd.service says Before=network-online.target.
    expect(after).not.toContain("network-online.target");
  });

  it("run the node as a user of its own, restarted always, and stopped with time for its drain", () => {
    const unit = settingsOf(rendered(mailnode, threeMachines, "node-1", ".service"));
    expect(unit).toMatchSnapshot();
    const stopSeconds = Number(unit.find((line) => line.startsWith("TimeoutStopSec="))!.split("=")[1]);
    expect(stopSeconds * 1000).toBeGreaterThan(2 * configOf().drainLimitMs);
  });

  it("hold nothing that needs a namespace of its own, which a container may not have", () => {
    const unit = rendered(mailnode, threeMachines, "node-1", ".service");
    expect(unit).not.toMatch(
      /^(Private|Protect|ReadOnlyPaths|BindPaths|InaccessiblePaths|ReadWritePaths|TemporaryFileSystem)/m,
    );
  });
});

function refuses(text: string): boolean {
  try {
    parseMailNodeConfig(text, "mbnode.json");
    return false;
  } catch {
    return true;
  }
}

describe("the mail node of a witness", () => {
  const node3 = machineNamed(twoAndAWitness, "node-3");
  const config = parseNodeConfig(rendered(mailnode, twoAndAWitness, "node-3", "/mbnode.json"), "mbnode.json");

  it("votes, and has no port for mail, no queue, no next hop and no balancer that asks it", () => {
    expect(takesMail(config)).toBe(false);
    expect(config.cluster).toMatchObject({ witness: true, founders: ["node-1", "node-2", "node-3"] });
    expect(config.cluster).not.toHaveProperty("agentCheck");
    expect(Object.keys(config)).toEqual(["$comment", "node", "admin", "cluster"]);
  });

  it("lets the other mail nodes in and nobody else", () => {
    const open = mailnode.listens(twoAndAWitness, node3).filter(({ from }) => from !== "self");
    expect([...new Set(open.map(({ port }) => port))]).toEqual([7946, 7948]);
    for (const { from } of open) expect(from).toEqual(["mail", "witness"]);
  });

  it("is known to the mail nodes as one that votes", () => {
    const other = configOf(twoAndAWitness);
    expect(other.cluster).toMatchObject({ witness: false, founders: ["node-1", "node-2", "node-3"] });
    expect(other.cluster!.discovery).toEqual({
      method: "static",
      seeds: ["192.168.1.102:7946", "192.168.1.103:7946"],
    });
  });

  it("has a certificate of its own, and does not get the one that clients of mail see", () => {
    expect(mailnode.secrets(twoAndAWitness).map(({ name }) => name)).toContain("pki/node-3");
    const paths = mailnode.files(sampleContext(twoAndAWitness, node3)).map(({ path }) => path);
    expect(paths).not.toContain("/etc/mailbastion/tls/public.pem");
  });

  it("is well when it answers: it never takes mail", () => {
    expect(mailnode.probe(twoAndAWitness, node3).argv).toEqual([
      "/opt/mailbastion/current/bin/mbnode",
      "status",
    ]);
  });
});
