import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { listRunsCommand } from "../../../../src/toolkit/runner/journal/commands.ts";
import { showLockCommand } from "../../../../src/toolkit/runner/lock/commands.ts";
import { ok } from "../rehearsal/model-books.ts";
import { type Arrival, ServedMachines } from "../rehearsal/served-machines.ts";

// Real programs and real handshakes: on a busy machine they take their time.
jest.setTimeout(300_000);

const ROTATE = ["run", "rotate-logs", "--set", "machine=node-2"] as const;
const COMMANDS = ["journalctl --rotate", "journalctl --vacuum-time=2d"];

/** What came to the machines, beside lock and journal: "node-2 df ...". */
let came: string[];
let machines: ServedMachines;
beforeEach(async () => {
  machines = await ServedMachines.start("drain");
  came = [];
  // The runbook's real commands would rotate the logs of the computer that runs this.
  machines.program = ({ machine, command: { argv } }: Arrival) => {
    came.push(`${machine} ${argv.join(" ")}`);
    return ok(argv[0] === "df" ? "Use%\n 71%\n" : "");
  };
  bringRunbook("desk");
  bringRunbook("laptop");
});
afterEach(() => machines[Symbol.asyncDispose]());

/** A project in which the package is installed, with the example as its runbook. */
function bringRunbook(workstation: string): void {
  const project = machines.projectOf(workstation);
  for (const folder of ["runbooks", "node_modules"]) mkdirSync(join(project, folder), { recursive: true });
  cpSync("examples/runbooks/rotate-logs.ts", join(project, "runbooks", "rotate-logs.ts"));
  symlinkSync(resolve("."), join(project, "node_modules", "mailbastion"));
  symlinkSync(resolve("node_modules", "zod"), join(project, "node_modules", "zod"));
}

async function mbctl(workstation: string, ...args: readonly string[]) {
  return (await machines.mbctl(workstation, ...args)).ended;
}

const changing = () => came.filter((line) => !line.includes(" df ")).map((line) => line.replace(/^\S+ /, ""));

describe("a runbook of a project's own, in TypeScript", () => {
  it("is listed, and tells on a dry run what it would send, without a lock or a change", async () => {
    expect(await mbctl("desk", "run")).toEqual({
      exitCode: 0,
      said: "rotate-logs  rotate the logs of one machine now, and see that space was won",
    });
    const kept = new Set<string>();
    machines.kept = (_machine, { argv }) => void kept.add(argv.join(" "));
    const dry = await mbctl("desk", ...ROTATE, "--dry-run");
    expect(dry.exitCode).toBe(2);
    expect(dry.said).toMatch(/^node-2 {2}rotate the logs/m);
    for (const command of COMMANDS) expect(dry.said).toContain(`    ${command}`);
    expect(came).toEqual(["node-2 df --output=pcent /var/log"]);
    expect([...kept]).toEqual([showLockCommand(), listRunsCommand()].map(({ argv }) => argv.join(" ")));
  });

  it("is carried out on its machine, and stands in the journal with what was typed", async () => {
    expect(await mbctl("desk", ...ROTATE, "--yes")).toEqual({
      exitCode: 0,
      said: expect.stringContaining("next: mbctl exec node-2 -- df /var/log"),
    });
    expect(changing()).toEqual(COMMANDS);
    expect(came.every((line) => line.startsWith("node-2 "))).toBe(true);
    expect((await mbctl("laptop", "runs")).said).toMatch(
      /-rotate-logs-\w+ +done +mbctl run rotate-logs machine=node-2 +\(eve@/,
    );
  });

  it("is resumed on another computer after a SIGKILL between its commands", async () => {
    const { pid, ended } = await machines.mbctl("desk", ...ROTATE, "--yes");
    machines.after = () => {
      if (changing().length === 1) process.kill(pid, "SIGKILL");
    };
    expect((await ended).exitCode).toBeUndefined();
    machines.after = () => undefined;
    expect((await mbctl("laptop", "resume", "--yes")).exitCode).toBe(0);
    // The step in whose middle it died is done again.
    expect(changing()).toEqual([COMMANDS[0], ...COMMANDS]);
  });

  it("stops where its machine is cut off in its middle, and is resumed when it is back", async () => {
    machines.after = ({ machine }) => {
      if (changing().length === 1) machines.cutOff(machine);
    };
    const cut = await mbctl("desk", ...ROTATE, "--yes");
    expect([cut.exitCode, cut.said]).toEqual([1, expect.stringMatching(/^mbctl: .*node-2 \(/m)]);
    expect(cut.said).toContain("stopped after 0 of 1 parts");
    expect(cut.said).toContain("mbctl resume goes on with it");
    expect(cut.said).not.toContain("    at ");
    machines.after = () => undefined;
    machines.heal();
    expect((await mbctl("desk", "resume", "--yes")).exitCode).toBe(0);
    expect(changing()).toEqual([COMMANDS[0], ...COMMANDS]);
  });

  it("refuses what it does not know, before anything is sent", async () => {
    for (const [args, code] of [
      [["run", "rotate-logs", "--set", "machine=node-9"], "MACHINE_UNKNOWN"],
      [["run", "rotate-logs", "--set", "node-2"], "RUNBOOK_ARGUMENTS"],
      [["run", "rotate-logs", "--set", "machine=node-2", "disk=1"], "RUNBOOK_ARGUMENTS"],
      [["run", "rotate"], "RUNBOOK_UNKNOWN"],
    ] as const) {
      const refused = await mbctl("desk", ...args, "--yes");
      expect([args, refused.exitCode, refused.said]).toEqual([args, 1, expect.stringContaining(`[${code}]`)]);
    }
    expect(came).toEqual([]);
  });

  it("is refused by its own words where its machine does not answer", async () => {
    machines.cutOff("node-2");
    const refused = await mbctl("desk", ...ROTATE, "--yes");
    expect([refused.exitCode, refused.said]).toEqual([
      1,
      expect.stringMatching(/node-2 does not answer.*\[ROTATE_AWAY\]/s),
    ]);
    expect((await mbctl("desk", "lock", "status")).said).toMatch(/^node-1: free$/m);
  });
});
