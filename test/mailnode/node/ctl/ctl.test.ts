import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Command } from "commander";
import { ctlCommand } from "../../../../src/mailnode/node/ctl/program.ts";
import { ClusterWithApi } from "../../admin/api/cluster-with-api.ts";
import { until } from "../../fixtures/until.ts";
import { onLeaderAlone } from "../on-leader-alone.ts";

/* Starts processes, on a machine that may be busy. */
jest.setTimeout(240_000);

const root = new URL("../../../../", import.meta.url);
const MBNODE = fileURLToPath(new URL("bin/mbnode.js", root));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** As a process of its own. */
async function mbnode(args: readonly string[], input = ""): Promise<Run> {
  const env = { ...process.env, SUDO_USER: "alice" };
  const child = spawn(process.execPath, [MBNODE, "ctl", ...args], { env });
  child.stdin.end(input);
  const exited = once(child, "exit") as Promise<[number]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

/** The same commands within this process: a start of Node for each would take minutes. */
async function here(args: readonly string[]): Promise<Run> {
  const said = { out: "", err: "" };
  const hear = (to: "out" | "err") => (piece: string | Uint8Array) => {
    said[to] += typeof piece === "string" ? piece : Buffer.from(piece).toString();
    return true;
  };
  const spies = [
    jest.spyOn(process.stdout, "write").mockImplementation(hear("out")),
    jest.spyOn(process.stderr, "write").mockImplementation(hear("err")),
  ];
  try {
    await ctlCommand().parseAsync([...args], { from: "user" });
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
}

function leaves(command: Command, words: readonly string[] = []): readonly [string, Command][] {
  if (command.commands.length === 0) return [[words.join(" "), command]];
  return command.commands.flatMap((sub) => leaves(sub, [...words, sub.name()]));
}

describe("mbnode ctl", () => {
  const page = readFileSync(new URL("docs/reference/mail-node.md", root), "utf8");
  const commands = leaves(ctlCommand());

  it("is on the page of the mail node with every command, and no other", () => {
    const listed = [...page.matchAll(/^\| `mbnode ctl ([a-z]+(?: [a-z]+)?)/gm)].map(([, name]) => name!);
    expect(listed.sort()).toEqual(commands.map(([name]) => name).sort());
  });

  it.each(commands)("has an example of %s in its help, and --json", (name, command) => {
    let help = "";
    command.configureOutput({ writeOut: (piece) => void (help += piece) }).outputHelp();
    expect(help).toContain(`\nExample:\n  mbnode ctl ${name}`);
    expect(help).toContain("--json");
  });

  it("says that nobody answers, and how to start it", async () => {
    expect(await mbnode(["status", "--socket", "/nowhere/mbnode.sock"])).toEqual({
      code: 1,
      out: "",
      err:
        "mbnode: no mbnode answers at /nowhere/mbnode.sock (ENOENT)\n" +
        "start it: systemctl start mailbastion-mbnode; or name its socket with --socket\n",
    });
  });

  describe("on a machine of a cluster", () => {
    let cluster: ClusterWithApi;
    const ctl = (words: string, input?: string): Promise<Run> => {
      const args = [...words.split(" "), "--socket", cluster.door("node-1").socket];
      return input === undefined ? here(args) : mbnode(args, input);
    };

    beforeAll(async () => {
      process.env["SUDO_USER"] = "alice";
      cluster = await ClusterWithApi.start();
    });
    afterAll(() => {
      delete process.env["SUDO_USER"];
      return cluster.end();
    });

    it("tells how the cluster, its nodes and its members are", async () => {
      // On a busy machine a node may be late with its report.
      await until(async () => (await ctl("status")).out.includes("3 of 3 healthy"));
      const { out } = await ctl("status");
      expect(out).toMatch(
        /^Cluster +acme\nState +[a-z-]+\nLeader +node-[123] \(term \d+\)\nNodes +\d of 3 healthy\n/,
      );
      expect((await ctl("nodes")).out).toMatch(/^NODE +STATE .*\nnode-1 +[a-z]+ /);
      expect((await ctl("members")).out).toMatch(/\nnode-3 +voter +[a-z]+ +[0-9a-f]{16}\n$/);
      await until(async () => JSON.parse((await ctl("status --json")).out).status === "healthy");
      expect(JSON.parse((await ctl("status --json")).out)).toMatchObject({ node: "node-1", cluster: "acme" });
    });

    it("writes, reads and deletes keys as they are", async () => {
      expect((await ctl("state put greeting hello --expect 0")).out).toMatch(/^version \d+, committed/);
      expect(await ctl("state get greeting")).toEqual({ code: 0, out: "hello", err: "" });
      expect(await ctl("state put greeting again --expect 0")).toMatchObject({ code: 1, out: "" });
      await ctl("state put greeting - --ttl 60", "from a pipe\n");
      expect((await ctl("state get greeting --stale")).out).toBe("from a pipe\n");
      const weak = await onLeaderAlone(cluster.cluster.get("node-1").member, () =>
        ctl("state put greeting x --level one"),
      );
      expect(weak.code).toBe(6);
      expect((await ctl("state delete greeting")).code).toBe(0);
      const absent = await ctl("state get greeting");
      expect(absent).toEqual({
        code: 1,
        out: "",
        err: "mbnode: there is no key greeting\nname one that is there\n",
      });
      const asJson = await ctl("state get greeting --json");
      expect(JSON.parse(asJson.err)).toMatchObject({ status: 404 });
    });

    it("distributes documents", async () => {
      const file = join(cluster.cluster.home, "rules.json");
      await writeFile(file, '{"a":1}');
      expect((await ctl(`config put rules ${file} --expect 0`)).out).toBe("version 1\n");
      expect((await ctl("config get rules")).out).toBe('{"a":1}');
    });

    it("makes and takes away accounts, and says in the audit log who did", async () => {
      expect((await ctl("account grant boss admin")).out).toMatch(/^mb_[\w-]{43}\n$/);
      expect((await ctl("account list")).out).toBe("NAME  ROLE\nboss  admin\n");
      expect(await ctl("account revoke boss")).toMatchObject({ code: 1 });
      expect((await ctl("audit --actor local:alice --limit 1")).out).toMatch(
        /\n\S+Z +local:alice +account\.remove +boss +LAST_ADMIN\n$/,
      );
    });

    it("takes nodes out of service and back, and hands leadership over", async () => {
      expect((await ctl("maintenance enter node-3 --now")).out).toMatch(/\nnode-3 +(draining|maintenance) /);
      await until(async () => (await ctl("maintenance list")).out.includes(" maintenance "));
      expect((await ctl("maintenance exit node-3")).out).toBe("No node is in maintenance.\n");
      expect((await ctl("transfer --to node-9")).code).toBe(1);
      await until(async () => (await ctl("status")).out.includes("healthy\nLeader"));
      expect((await ctl("transfer --to node-2")).out).toBe("node-2 leads\n");
      expect((await ctl("member promote node-9")).err).toContain("node-9 is no member");
    });

    it("ends with a code of its own when no quorum takes it", async () => {
      await cluster.cluster.stop("node-2");
      await cluster.cluster.stop("node-3");
      const { code, err } = await ctl("state get greeting");
      expect([code, err]).toEqual([4, expect.stringContaining("(no-leader)")]);
    });
  });
});
