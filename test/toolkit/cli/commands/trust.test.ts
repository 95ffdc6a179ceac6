import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mbctl } from "../../../../src/toolkit/cli/mbctl.ts";
import { clusterPaths } from "../../../../src/toolkit/disk/cluster-paths.ts";
import { describeKey } from "../../../../src/toolkit/ssh/host-key.ts";
import { startServer, type TestServer } from "../../ssh/servers.ts";
import { recordingIo } from "../recording-io.ts";

let server: TestServer;
let file: string;
let knownHosts: string;

beforeEach(async () => {
  server = await startServer();
  file = join(server.folder, "cluster.yaml");
  ({ knownHosts } = clusterPaths(server.folder, "acme"));
  const { host, port } = server.target;
  const text = readFileSync("examples/three-machines.yaml", "utf8");
  writeFileSync(
    file,
    `${text.replaceAll(/, roles:/g, `, ssh: { host: ${host}, port: ${port} }, roles:`)}platform: { kind: hosts }\ntls: { public: { certificateFile: /etc/c.pem, keyFile: /etc/k.pem } }\n`,
  );
});
afterEach(() => server.stop());

async function trust(...args: readonly string[]) {
  const { io, out } = recordingIo({ HOME: server.folder });
  const code = await mbctl(["trust", "node-2", ...args, "--file", file], io);
  return { code, out: out.join("\n") };
}

const keyOfNode2 = (isNew: boolean) => ({
  ok: true,
  file: knownHosts,
  machines: [{ machine: "node-2", key: describeKey(server.hostKey), isNew }],
});

describe("the dry run of mbctl trust", () => {
  it("shows with --json the keys and whether they would be new, and writes nothing", async () => {
    const { code, out } = await trust("--dry-run", "--json");
    expect([code, JSON.parse(out)]).toEqual([0, keyOfNode2(true)]);
    expect(existsSync(knownHosts)).toBe(false);
  });

  it("tells a key that is known, and one that would be forgotten first, apart", async () => {
    await trust("--yes");
    const before = readFileSync(knownHosts, "utf8");
    expect(JSON.parse((await trust("--dry-run", "--json")).out)).toEqual(keyOfNode2(false));
    expect(JSON.parse((await trust("--dry-run", "--json", "--forget")).out)).toEqual(keyOfNode2(true));
    expect(readFileSync(knownHosts, "utf8")).toBe(before);
  });

  it("says without --json that nothing was written yet", async () => {
    expect((await trust("--dry-run")).out).toContain(`1 new key(s) would be written to ${knownHosts}`);
  });
});
