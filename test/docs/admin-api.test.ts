import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { API_OPERATIONS, API_ROOT, type ApiOperation } from "../../src/contract/api-operations.ts";
import { PROBLEMS } from "../../src/contract/api-problem.ts";
import { ROLES } from "../../src/contract/states.ts";
import { ClusterWithApi } from "../mailnode/admin/api/cluster-with-api.ts";

/* Threads, real disks, real time and curl, on a machine that may be busy. */
jest.setTimeout(120_000);

const page = readFileSync(
  fileURLToPath(new URL("../../docs/reference/admin-api.md", import.meta.url)),
  "utf8",
);
const operations = Object.values(API_OPERATIONS) as ApiOperation[];

describe("the page of the admin API", () => {
  it("has a row for each resource, with the role that reading it takes, and names each that changes take", () => {
    const rows = new Map(
      [...page.matchAll(/^\| `(\/api\/[a-z/]+)` \| ([a-z]+).* \|(.*)\|$/gm)].map(
        ([, path, reads, changes]) => [path, { reads, changes: changes ?? "" }],
      ),
    );
    expect([...rows.keys()].sort()).toEqual(
      [...new Set(operations.map(({ path }) => API_ROOT + path))].sort(),
    );
    for (const { method, path, role } of operations) {
      const { reads, changes } = rows.get(API_ROOT + path)!;
      if (method === "GET") expect(reads).toBe(role);
      else {
        expect(changes).toContain(method);
        expect(ROLES.filter((name) => new RegExp(`\\b${name}\\b`).test(changes))).toEqual([role]);
      }
    }
  });

  it("lists every problem with its status", () => {
    const listed = [...page.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| (\d{3}) \|/gm)].flatMap(
      ([, codes, status]) => codes!.split(", ").map((code) => [code.slice(1, -1), Number(status)]),
    );
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status])),
    );
  });

  describe("in its examples", () => {
    let cluster: ClusterWithApi;
    let token: string;
    const examples = [...(/```sh\n([^]*?)```/.exec(page)?.[1] ?? "").matchAll(/^curl .*$/gm)].map(
      ([line]) => line,
    );

    beforeAll(async () => {
      cluster = await ClusterWithApi.start();
      token = await cluster.token("alice", "admin");
    });
    afterAll(() => cluster.end());

    it("has commands that do what they say when they are typed in their order", async () => {
      expect(examples.length).toBeGreaterThan(5);
      for (const line of examples) {
        // The certificate of a test's console is of an authority that is gone: shown, and not proved.
        const command = line.replace("--cacert $CA", "--silent --show-error --insecure");
        expect(command).not.toBe(line);
        const env = { ...process.env, NODE: `127.0.0.1:${cluster.door("node-1").port}`, TOKEN: token };
        const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
          execFile("bash", ["-c", command], { env }, (error, stdout, stderr) =>
            resolve({ code: error?.code ?? 0, output: stdout + stderr }),
          );
        });
        expect([line, code, code === 0 ? "" : output]).toEqual([line, 0, ""]);
      }
    });
  });
});
