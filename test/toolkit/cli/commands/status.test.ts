import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { clusterPaths } from "../../../../src/toolkit/disk/cluster-paths.ts";
import { statusDocumentSchema } from "../../../../src/toolkit/status/document.ts";
import { doctorDocumentSchema } from "../../../../src/toolkit/status/doctor/report.ts";
import { startServer, type TestServer } from "../../ssh/servers.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

/** Stands for machines with a full disk: that and the way to them is what these commands are tried with here. */
const SAID = "mktemp: failed to create directory: No space left on device";

let server: TestServer;
let file: string;
let sent: string[];

beforeEach(async () => {
  sent = [];
  server = await startServer({
    exec: (channel, line) => {
      sent.push(line);
      channel.stderr.write(`${SAID}\n`);
      channel.exit(1);
      channel.end();
    },
  });
  const { host, port } = server.target;
  const machine = (number: number, roles: string) =>
    `  node-${number}: { address: 192.168.1.10${number}, roles: [${roles}], ssh: { host: ${host}, port: ${port} } }`;
  file = join(server.folder, "cluster.yaml");
  writeFileSync(
    file,
    `name: acme
mail: { domains: [example.com], relayNetworks: [192.168.1.0/24], nextHop: "mx.internal:25" }
network: { cidr: 192.168.1.0/24, vip: 192.168.1.100 }
platform: { kind: hosts }
tls: { public: { certificateFile: /etc/tls/public.crt, keyFile: /etc/tls/public.key } }
machines:
${[1, 2, 3].map((number) => machine(number, "balancer, mail, database, cache, storage")).join("\n")}
`,
  );
  const { knownHosts } = clusterPaths(server.folder, "acme");
  mkdirSync(join(knownHosts, ".."), { recursive: true });
  writeFileSync(knownHosts, `[${host}]:${port} ${server.hostKey.type} ${server.hostKey.base64}\n`);
});
afterEach(() => server.stop());

async function run(args: readonly string[], onOut: (text: string) => void = () => undefined) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await mbctl([...args, "--file", file, "--identity", server.keyFile], {
    out: (text) => {
      out.push(text);
      onOut(text);
    },
    err: (text) => void err.push(text),
    isInteractive: false,
    environment: { HOME: server.folder },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("mbctl status", () => {
  it("asks each machine once, shows what is wrong, and ends with 1", async () => {
    const { code, out, err } = await run(["status"]);
    expect(err).toBe("");
    expect(out).toContain(`node-2 cannot be reached: node-2 did not answer in full (${SAID})`);
    expect(code).toBe(1);
    expect(sent).toHaveLength(3);
  });

  it("prints one document with --json, as its schema says", async () => {
    const { code, out } = await run(["status", "--json"]);
    const document = statusDocumentSchema.parse(JSON.parse(out));
    expect(document.ok).toBe(false);
    expect(document.machines.map(({ unreachable }) => unreachable?.code)).toEqual(
      Array(3).fill("STATUS_UNREADABLE"),
    );
    expect(code).toBe(1);
  });

  it("watches without a terminal by blocks, until Ctrl-C, and ends with what the last look found", async () => {
    let looks = 0;
    const { code, out } = await run(["status", "--watch", "1"], () => {
      if (++looks === 2) process.emit("SIGINT");
    });
    expect(out.match(/^=== acme \d{4}-/gm)).toHaveLength(2);
    expect(out).not.toContain("\x1b[H");
    expect(code).toBe(1);
    expect(process.listenerCount("SIGINT")).toBe(0);
  });

  it("watches with --json by a document per look", async () => {
    let looks = 0;
    const { out } = await run(["status", "--watch", "1", "--json"], () => {
      if (++looks === 2) process.emit("SIGTERM");
    });
    const documents = out.split("\n").map((line) => statusDocumentSchema.parse(JSON.parse(line)));
    expect(documents).toHaveLength(2);
  });

  it("refuses times that are none", async () => {
    expect((await run(["status", "--timeout", "soon"])).err).toContain("[SECONDS_UNREADABLE]");
    expect((await run(["status", "--watch", "0"])).err).toContain("[SECONDS_UNREADABLE]");
    expect(sent).toEqual([]);
  });
});

describe("mbctl doctor", () => {
  it("says what, why and what to type, with what it saw, and ends with 1", async () => {
    const { code, out: painted, err } = await run(["doctor"]);
    const out = stripVTControlCharacters(painted);
    expect(err).toBe("");
    expect(out).toMatch(/^critical node-1 cannot be reached/m);
    expect(out).toMatch(/^ {2}type: log in and see whether a shell works there/m);
    expect(out).toMatch(/^ {2}seen: STATUS_UNREADABLE$/m);
    expect(code).toBe(1);
    expect(sent).toHaveLength(3);
  });

  it("prints one document with --json, about the machine that is named", async () => {
    const { out } = await run(["doctor", "node-2", "--json"]);
    const document = doctorDocumentSchema.parse(JSON.parse(out));
    expect(document.machine).toBe("node-2");
    for (const { machines } of document.findings) expect(machines).toContain("node-2");
    expect(document.findings.length).toBeGreaterThan(0);
  });

  it("compares files with what the overrides of the project make of them", async () => {
    const override = join(server.folder, "overrides", "all", "etc", "typo.append");
    mkdirSync(join(override, ".."), { recursive: true });
    writeFileSync(override, "more 1\n");
    const { code, err } = await run(["doctor"]);
    expect(err).toContain("no file /etc/typo is generated for any machine");
    expect(code).toBe(1);
  });

  it("knows the machines of its cluster", async () => {
    const { code, err } = await run(["doctor", "node-22"]);
    expect(err).toContain("did you mean node-2?");
    expect(code).toBe(1);
  });
});
