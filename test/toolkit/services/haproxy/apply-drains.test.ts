import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { haproxy } from "../../../../src/toolkit/services/haproxy/service.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { until } from "../../../mailnode/fixtures/until.ts";
import { rendered } from "../rendered.ts";
import { runWith } from "../shell.ts";

/* A real HAProxy, whose listeners bind nothing but a socket file. */

describe("the script that takes drained machines out of a new process", () => {
  let folder: string;
  let process: ChildProcess;
  const path = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apply-drains-"));
    const listeners = ["smtp", "submission", "submissions", "console"].map(
      (name) =>
        `listen ${name}\n  bind unix@${path(name)}\n  server node-1 127.0.0.1:1\n  server node-2 127.0.0.1:1\n`,
    );
    const defaults = "defaults\n  mode tcp\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n";
    writeFileSync(
      path("cfg"),
      `global\n  stats socket ${path("admin.sock")} level admin\n${defaults}${listeners.join("")}`,
    );
    writeFileSync(path("script"), rendered(haproxy, threeMachines, "node-1", "/apply-drains.sh"));
    process = spawn("haproxy", ["-db", "-f", path("cfg")], { stdio: "ignore" });
    await until(() => existsSync(path("admin.sock")));
  });
  afterAll(async () => {
    const ended = once(process, "exit");
    process.kill();
    await ended;
    rmSync(folder, { recursive: true });
  });

  const states = (): Readonly<Record<string, string>> => {
    const text = execFileSync("socat", ["stdio", `UNIX-CONNECT:${path("admin.sock")}`], {
      input: "show servers state\n",
      encoding: "utf8",
    });
    const rows = text.split("\n").map((line) => line.split(" "));
    return Object.fromEntries(
      rows.filter((row) => row.length > 7 && row[0] !== "#").map((row) => [`${row[1]}/${row[3]}`, row[6]!]),
    );
  };
  const apply = (marks: readonly string[]) => {
    const drains = mkdtempSync(path("marks-"));
    for (const name of marks) writeFileSync(join(drains, name), "{}\n");
    return runWith(["sh", path("script"), path("admin.sock"), drains], {});
  };

  it("drains the machines that have a mark, in every listener, and leaves all others as they are", () => {
    expect(apply(["node-2", ".new"]).code).toBe(0);
    expect(states()).toEqual({
      "smtp/node-1": "0",
      "smtp/node-2": "8",
      "submission/node-1": "0",
      "submission/node-2": "8",
      "submissions/node-1": "0",
      "submissions/node-2": "8",
      "console/node-1": "0",
      "console/node-2": "8",
    });
    expect(apply([]).code).toBe(0);
    expect(states()["smtp/node-2"]).toBe("8");
  });

  it("goes on past a mark of a machine that is no more, and says so", () => {
    const answer = apply(["gone", "node-1"]);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("smtp/gone: No such server.");
    expect(states()["console/node-1"]).toBe("8");
  });

  it("has nothing to do where no machine was ever drained", () => {
    const absent = path("absent");
    mkdirSync(absent);
    rmSync(absent, { recursive: true });
    expect(runWith(["sh", path("script"), path("admin.sock"), absent], {}).code).toBe(0);
  });
});
