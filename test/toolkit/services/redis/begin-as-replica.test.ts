import { describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beginAsReplica } from "../../../../src/toolkit/services/redis/begin-as-replica.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

function begin(redis: string, sentinel: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "begin-"));
  try {
    const files = ["redis.conf", "sentinel.conf"].map((name) => join(folder, name));
    [redis, sentinel].forEach((text, index) => writeFileSync(files[index]!, text));
    const argv = beginAsReplica(threeMachines, "192.168.1.103").argv.map((word) =>
      word.replace(/^\/etc\/redis/, folder),
    );
    // Twice, as a run that was killed in between does it again.
    for (const _ of [1, 2]) expect(runWith(argv, {})).toEqual({ code: 0, stdout: "", stderr: "" });
    return files.map((file) => readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a cache that begins in a cluster that lives", () => {
  const sentinel =
    "requirepass s\nsentinel monitor mailbastion 192.168.1.101 6379 2\nsentinel auth-pass mailbastion p\n";

  it("is a replica of the present master, also where its file made it the first master", () => {
    expect(begin("port 6379\nrequirepass p\n", sentinel)).toEqual([
      "port 6379\nrequirepass p\nreplicaof 192.168.1.103 6379\n",
      sentinel.replace("192.168.1.101", "192.168.1.103"),
    ]);
  });

  it("follows nobody else any more", () => {
    const [redis] = begin("replicaof 192.168.1.101 6379\nport 6379\n", sentinel);
    expect(redis).toBe("port 6379\nreplicaof 192.168.1.103 6379\n");
  });

  it("leaves what its Sentinel knows of other masters alone", () => {
    const other = "sentinel monitor other 192.168.1.9 6379 2\n";
    expect(begin("", other)[1]).toBe(other);
  });
});
