import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { loadOverrides } from "../../../src/toolkit/bundle/load-overrides.ts";

let project: string;
beforeEach(async () => (project = await mkdtemp(join(tmpdir(), "mailbastion-overrides-"))));
afterEach(() => rm(project, { recursive: true }));

async function put(name: string): Promise<void> {
  const file = join(project, "overrides", name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "text\n");
}

describe("the overrides of a project", () => {
  it("are none where there is no such folder", async () => {
    expect(loadOverrides(project)).toEqual([]);
  });

  it("say by their names which file of which machine they change, and how", async () => {
    await put("all/etc/haproxy/haproxy.cfg.append");
    await put("node-2/etc/mysql/mariadb.conf.d/60-mailbastion.cnf.patch");
    expect(loadOverrides(project)).toEqual([
      {
        source: "overrides/all/etc/haproxy/haproxy.cfg.append",
        scope: "all",
        path: "/etc/haproxy/haproxy.cfg",
        kind: "append",
        text: "text\n",
      },
      expect.objectContaining({
        scope: "node-2",
        kind: "patch",
        path: "/etc/mysql/mariadb.conf.d/60-mailbastion.cnf",
      }),
    ]);
  });

  it("of another kind are refused", async () => {
    await put("all/etc/haproxy/haproxy.cfg");
    expect(() => loadOverrides(project)).toThrow(
      expect.objectContaining({
        code: "OVERRIDE_UNKNOWN",
        message: "overrides/all/etc/haproxy/haproxy.cfg is neither a patch nor text to append",
      }),
    );
  });
});
