import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { startServer, type TestServer } from "../../ssh/servers.ts";
import { recordingIo } from "../recording-io.ts";

// Real handshakes: on a busy machine they take their time.
jest.setTimeout(60_000);

/** Three machines of one description, all of them the same server in this process; the third one is off. */
describe("mbctl exec", () => {
  let server: TestServer;
  let file: string;

  beforeEach(async () => {
    server = await startServer();
    const { folder, target, hostKey } = server;
    const { host, port } = target;
    const text = readFileSync("examples/three-machines.yaml", "utf8")
      .replace("name: acme", "name: acme\nplatform: { kind: hosts }")
      .replaceAll("roles:", `ssh: { host: ${host}, port: ${port}, user: ${target.user} }, roles:`)
      .replace(/(node-3:.*)port: \d+/, "$1port: 1");
    file = join(folder, "cluster.yaml");
    writeFileSync(file, `${text}tls: { public: { certificateFile: /etc/c.pem, keyFile: /etc/k.pem } }\n`);
    mkdirSync(join(folder, ".mailbastion", "acme"), { recursive: true });
    const known = `[${host}]:${port} ${hostKey.type} ${hostKey.base64}\n`;
    writeFileSync(join(folder, ".mailbastion", "acme", "known_hosts"), known);
  });

  afterEach(() => server.stop());

  async function run(...args: readonly string[]) {
    const { io, out, err } = recordingIo({ HOME: server.folder });
    const [names, command] = [args.slice(0, args.indexOf("--")), args.slice(args.indexOf("--"))];
    const options = ["--file", file, "--identity", server.keyFile];
    const code = await mbctl(["exec", ...names, ...options, ...command], io);
    return { code, out, err };
  }

  it("runs a program on the machines named, in the order of the description, each line with its machine", async () => {
    const slowFirst = "printf 'one\\n\\ntwo'; echo complaint >&2";
    expect(await run("node-2", "node-1", "--", "sh", "-c", slowFirst)).toEqual({
      code: 0,
      out: ["node-1  one", "node-1  ", "node-1  two", "node-2  one", "node-2  ", "node-2  two"],
      err: ["node-1  complaint", "node-2  complaint"],
    });
  });

  it("gives arguments to the program as they were typed, also what looks like an option of ours", async () => {
    expect(await run("node-1", "--", "printf", "%s,", "--json", "--", "a b", "$HOME")).toMatchObject({
      out: ["node-1  --json,--,a b,$HOME,"],
    });
  });

  it("tells of machines that cannot be reached, and what the others say all the same", async () => {
    const { code, out, err } = await run("--", "echo", "here");
    expect(code).toBe(1);
    expect(out).toEqual(["node-1  here", "node-2  here"]);
    expect(err.join("\n")).toMatch(
      /^node-3 {2}node-3 \(127\.0\.0\.1:1\) refused the connection\n.*\[SSH_REFUSED\]$/,
    );
  });

  it("ends with the program's own exit code on one machine, and with 1 where it failed on one of several", async () => {
    expect(await run("node-1", "--", "sh", "-c", "exit 7")).toEqual({
      code: 7,
      out: [],
      err: ["node-1  ended with exit code 7"],
    });
    expect(await run("node-1", "node-2", "--", "sh", "-c", "exit 7")).toMatchObject({ code: 1 });
  });

  it("with --json is one document with every machine's answer or fault", async () => {
    const { code, out } = await run("--json", "--", "echo", userInfo().username);
    expect(code).toBe(1);
    expect(JSON.parse(out.join(""))).toEqual({
      ok: false,
      machines: [
        { machine: "node-1", code: 0, stdout: `${userInfo().username}\n`, stderr: "" },
        { machine: "node-2", code: 0, stdout: `${userInfo().username}\n`, stderr: "" },
        { machine: "node-3", fault: expect.objectContaining({ code: "SSH_REFUSED" }) },
      ],
    });
  });

  it("stops waiting for a program after the time that was given", async () => {
    const { code, err } = await run("node-1", "--timeout", "1", "--", "sleep", "60");
    expect(code).toBe(1);
    expect(err.join("\n")).toContain("[SSH_COMMAND_TIMEOUT]");
  });

  it.each([
    ["EXEC_NO_COMMAND", ["node-1", "--"]],
    ["SECONDS_UNREADABLE", ["--timeout", "soon", "--", "uptime"]],
    ["MACHINE_UNKNOWN", ["node-7", "--", "uptime"]],
  ])("refuses a command line with %s, before it connects to anything", async (code, args) => {
    const { code: exit, err } = await run(...args);
    expect(exit).toBe(1);
    expect(err.join("\n")).toContain(`[${code}]`);
    expect(server.sockets()).toBe(0);
  });
});
