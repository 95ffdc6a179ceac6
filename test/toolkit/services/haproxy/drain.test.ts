import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as drain from "../../../../src/toolkit/services/haproxy/drain.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { runWith } from "../shell.ts";

/* The scripts run in a real shell; socat stands in for HAProxy and answers what HAProxy 2.6.12 was seen to answer. */

interface HAProxy {
  readonly isRunning?: boolean;
  readonly stat?: string;
  readonly oldStat?: string;
  readonly state?: string;
  /** To "set server" and "shutdown sessions". */
  readonly reply?: string;
}

const SHOW_PROC = (old: string) => `#<PID>          <type>          <reloads>       <uptime>        <version>
21              master          1               0d00h00m04s     2.6.12-1+deb12u1
# workers
27              worker          0               0d00h00m04s     2.6.12-1+deb12u1
# old workers
${old}# programs`;

describe("what a balancer is told and asked of a machine that is drained", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "haproxy-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = ({ argv }: Command, haproxy: HAProxy = {}) => {
    const { isRunning = true, stat = "", oldStat, state = "", reply = "" } = haproxy;
    const old =
      oldStat === undefined ? "" : "25              worker          1               0d00h01m04s     2.6.12\n";
    const answer = (text: string) => `cat <<'RECORDED'\n${text}\nRECORDED`;
    const socat = `
read -r line
echo "$line" >>"${folder}/said"
case $line in
  "show proc") ${answer(SHOW_PROC(old))}
  ;;
  "show stat") ${answer(stat)}
  ;;
  "@!25 show stat") ${answer(oldStat ?? "")}
  ;;
  "show servers state") ${answer(state)}
  ;;
  *) echo "${reply}" ;;
esac`;
    const answered = runWith(argv, { programs: { socat, systemctl: `exit ${isRunning ? 0 : 3}` } });
    let said: readonly string[] = [];
    try {
      said = readFileSync(join(folder, "said"), "utf8").trimEnd().split("\n");
    } catch {
      // Nobody was asked anything.
    }
    return { ...answered, said };
  };

  const servers = (admin: number, operational = 2) =>
    ["smtp", "submission", "submissions", "console"]
      .map((listener, index) => `${index + 3} ${listener} 1 node-2 10.0.0.2 ${operational} ${admin} 10 1 100`)
      .join("\n");
  const row = (listener: string, server: string, sessions: number, status = "UP") =>
    `${listener},${server},0,0,${sessions},5,,9,1,1,0,0,,0,,0,0,${status},10`;

  it("is put back also in every state that was saved, of which nothing else changes", () => {
    const head = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n";
    const others = "3 smtp 2 node-3 10.0.0.3 2 8 10\n7 database 1 node-2 10.0.0.2 2 8 10\n";
    const saved = (admin: number) => `${head}${servers(admin)}\n${others}`;
    writeFileSync(join(folder, "server-state-1"), saved(8));
    // Drained, and its agent is in maintenance.
    writeFileSync(join(folder, "server-state-2"), saved(8 + 16));
    writeFileSync(join(folder, "server-state-3"), saved(0));
    writeFileSync(join(folder, "server-state-4"), "2\nof another version");
    const command = drain.putBack("node-2")[2]!;
    expect(command.argv).toContain("/var/lib/haproxy");
    const here = {
      ...command,
      argv: command.argv.map((word) => (word === "/var/lib/haproxy" ? folder : word)),
    };
    for (const isRunning of [true, false]) {
      expect(run(here, { isRunning })).toMatchObject({ code: 0, stderr: "" });
      expect(readdirSync(folder)).toHaveLength(4);
      const text = (name: string) => readFileSync(join(folder, `server-state-${name}`), "utf8");
      expect(text("1")).toBe(saved(0));
      expect(text("2")).toBe(saved(16));
      expect(text("3")).toBe(saved(0));
      expect(text("4")).toBe("2\nof another version");
    }
  });

  it("is drained, not put into maintenance, in every listener of mail and web", () => {
    const { code, said } = run(drain.takeOut("node-2", "{}")[1]!);
    expect(code).toBe(0);
    expect(said).toEqual([
      "set server smtp/node-2 state drain",
      "set server submission/node-2 state drain",
      "set server submissions/node-2 state drain",
      "set server console/node-2 state drain",
    ]);
  });

  it("takes any word for a refusal, as HAProxy has no exit code", () => {
    const { code, stderr } = run(drain.takeOut("node-9", "{}")[1]!, { reply: "No such server." });
    expect(code).not.toBe(0);
    expect(stderr).toContain("set server smtp/node-9 state drain: No such server.");
  });

  it.each([
    ["drained by somebody", 8, 0],
    ["drained by somebody and by its configuration", 0x18, 0],
    ["not drained", 0, 1],
    ["drained by its configuration alone", 0x10, 1],
  ])("is read back: %s", (_how, admin, code) => {
    expect(run(drain.isOut("node-2").command, { state: servers(admin) }).code).toBe(code);
  });

  it("is not read back for a machine that the balancer does not know", () => {
    expect(run(drain.isOut("node-9").command, { state: servers(8) }).code).toBe(1);
  });

  it.each([
    ["up and not drained", 0, 2, 0],
    ["still drained", 8, 2, 1],
    ["not drained, but down", 0, 0, 1],
  ])("serves again when it is %s", (_how, admin, operational, code) => {
    expect(run(drain.isServing("node-2").command, { state: servers(admin, operational) }).code).toBe(code);
  });

  it("has sessions as long as any process has one: that which a reload left behind too", () => {
    const gate = drain.noMailSession("node-2", 1000).command;
    const none = [row("smtp", "node-2", 0), row("smtp", "node-1", 4), row("database", "node-2", 3)].join(
      "\n",
    );
    expect(run(gate, { stat: none }).code).toBe(0);
    expect(run(gate, { stat: row("submission", "node-2", 1) }).code).toBe(1);
    const left = run(gate, { stat: none, oldStat: row("smtp", "node-2", 2) });
    expect(left.code).toBe(1);
    expect(left.stderr).toBe("sessions left: smtp 2\n");
  });

  it("is waited for no longer than told, and without a fault", () => {
    expect(run(drain.letSessionsEnd("node-2", 1), { stat: row("smtp", "node-2", 1) }).code).toBe(0);
  });

  it("has its sessions ended in every process", () => {
    const { code, said } = run(drain.endMailSessions("node-2"), { oldStat: "" });
    expect(code).toBe(0);
    expect(said).toContain("shutdown sessions server smtp/node-2");
    expect(said).toContain("@!25 shutdown sessions server smtp/node-2");
  });

  it.each([
    ["it is down and another is up", "DOWN", "UP", 0],
    ["it is up", "UP", "UP", 1],
    ["it is about to go down", "UP 1/2", "UP", 1],
    ["no other is up", "DOWN", "DOWN", 1],
  ])(
    "has lost the database sessions only when it is down and another is up: %s",
    (_how, own, other, code) => {
      const stat = [
        row("database", "node-2", 0, own),
        row("database", "node-1", 0, other),
        row("database", "BACKEND", 0),
      ];
      expect(run(drain.hasMoved("database", "node-2").command, { stat: stat.join("\n") }).code).toBe(code);
    },
  );

  it("needs nothing from a balancer whose HAProxy is stopped", () => {
    for (const command of [
      drain.takeOut("node-2", "{}")[1]!,
      drain.isOut("node-2").command,
      drain.noMailSession("node-2", 1000).command,
      drain.hasMoved("database", "node-2").command,
    ])
      expect(run(command, { isRunning: false })).toMatchObject({ code: 0, said: [] });
  });
});
