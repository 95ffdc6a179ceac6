import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { Routes } from "../../../src/toolkit/ssh/login.ts";
import { DEFAULT_LIMITS, type Target } from "../../../src/toolkit/ssh/options.ts";

async function route(config: string, target: Target): Promise<readonly string[]> {
  const home = await mkdtemp(join(tmpdir(), "mailbastion-home-"));
  await mkdir(join(home, ".ssh"));
  await writeFile(join(home, ".ssh", "config"), config);
  const options = { keyFiles: [], knownHostsFiles: [], home, limits: DEFAULT_LIMITS };
  const { hops, login } = await new Routes(options).to("node-1", target);
  return [...hops, login].map(({ user, host, port }) => `${user}@${host}:${port}`);
}

const toNode = { host: "node-1" };

describe("the way to a machine", () => {
  it("leads through the jump hosts of ~/.ssh/config, each filled in from it", async () => {
    const config = [
      "Host node-1",
      "  ProxyJump first,ops@second:2222,ssh://third,[fd00::1]:22",
      "Host first",
      "  HostName first.example.com",
      "  User anna",
      "",
    ].join("\n");
    expect(await route(config, toNode)).toEqual([
      "anna@first.example.com:22",
      "ops@second:2222",
      "root@third:22",
      "root@fd00::1:22",
      "root@node-1:22",
    ]);
  });

  it("leads through those of the description instead, or through none", async () => {
    const config = "Host node-1\n  ProxyJump other\n";
    expect(await route(config, { ...toNode, jump: [{ host: "bastion" }] })).toEqual([
      "root@bastion:22",
      "root@node-1:22",
    ]);
    expect(await route(config, { ...toNode, jump: [] })).toEqual(["root@node-1:22"]);
  });

  it("does not lead from a jump host through itself where it is one for all hosts", async () => {
    expect(await route("Host *\n  ProxyJump bastion\n", toNode)).toEqual([
      "root@bastion:22",
      "root@node-1:22",
    ]);
  });

  it("has no jump host where ProxyJump is none", async () => {
    expect(await route("Host *\n  ProxyJump none\n", toNode)).toEqual(["root@node-1:22"]);
  });

  it("that leads in a circle is refused", async () => {
    const config = "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\nHost node-1\n  ProxyJump a\n";
    await expect(route(config, toNode)).rejects.toMatchObject({
      code: "SSH_JUMP_LOOP",
      message: "the way to node-1 leads through the jump host a twice",
    });
    await expect(route("", { ...toNode, jump: [{ host: "a" }, { host: "a" }] })).rejects.toMatchObject({
      code: "SSH_JUMP_LOOP",
    });
  });

  it("through a program is refused also of a jump host, and told", async () => {
    const config = "Host bastion\n  ProxyCommand nc %h %p\nHost node-1\n  ProxyJump bastion\n";
    await expect(route(config, toNode)).rejects.toMatchObject({
      code: "SSH_PROXY_UNSUPPORTED",
      message: expect.stringContaining("jump host bastion"),
    });
  });

  it("that cannot be understood is refused with the words that are wrong", async () => {
    await expect(route("Host node-1\n  ProxyJump a b:x\n", toNode)).rejects.toMatchObject({
      code: "SSH_CONFIG",
      message: expect.stringContaining('"a b:x"'),
    });
  });
});
