import { describe, expect, it, jest } from "@jest/globals";
import { UserError } from "../../../src/support/errors.ts";
import { maintenanceEnter } from "../../../src/toolkit/runbooks/maintenance/enter.ts";
import { silentReporter } from "../../../src/toolkit/runner/reporter.ts";
import type { StartSettings } from "../../../src/toolkit/runner/start-run.ts";
import { threeMachines } from "../fixtures/three-machines.ts";
import { printing, runWith } from "../services/shell.ts";
import { answersOf, AWAY, type Change } from "./drain/answers.ts";
import { fixtureOf } from "./rehearsal/fixtures.ts";
import { leftOver } from "./rehearsal/left-over.ts";
import { Rehearsal } from "./rehearsal/rehearsal.ts";
import { part, wholeCluster } from "./rolling/whole-cluster.ts";
import { ok, refusalOf, RUN, runbookContext } from "./runbook-context.ts";

// Real shells, on a machine that others may use as well.
jest.setTimeout(60_000);

const LOOK = "see that the others can still do without node-1";

type Changes = Readonly<Record<string, Change | typeof AWAY>>;

const storage = { storage: "ok" };
const WHOLE: Changes = { "node-1": storage, "node-2": storage, "node-3": storage };

async function lookOf(changes: Changes = WHOLE, more: object = {}) {
  const args = maintenanceEnter.arguments.parse({ machine: "node-1", ...more });
  const { phases } = await maintenanceEnter.plan(runbookContext(), args, answersOf(changes), RUN);
  return phases.find(({ title }) => title === LOOK)!;
}

/** What the machines answer to the second look. */
const found = (changes: Changes) =>
  new Map(
    [...answersOf(changes)].map(([name, { stdout }]) => [name, { ...ok, stdout: part("survey", stdout) }]),
  );

describe("what is seen before something is stopped on a drained machine", () => {
  it("is nothing where all is as it was, with the machine drained and its work elsewhere", async () => {
    const now: Changes = {
      "node-1": { ...storage, bearsVip: false, hasVipMark: true, cache: "replica", mailNode: "down" },
      "node-2": { ...storage, bearsVip: true, cache: "master" },
      "node-3": storage,
    };
    expect((await lookOf()).decide(found(now))).toEqual([]);
  });

  it.each<readonly [string, Changes, string, string]>([
    [
      "another machine that is away",
      { ...WHOLE, "node-3": AWAY },
      "DRAIN_QUORUM",
      "of 3 database members only node-2 would be left in service, and 2 are needed for a majority (node-3 cannot be reached)",
    ],
    [
      "files of another one that wait to be healed",
      { ...WHOLE, "node-3": { storage: "3 entries wait to be healed" } },
      "DRAIN_STORAGE",
      "nothing is stopped on node-1: the storage of node-3 is not whole: 3 entries wait to be healed",
    ],
    [
      "a database that gives a copy by now",
      { ...WHOLE, "node-1": { ...storage, member: "Donor/Desynced" } },
      "DRAIN_QUORUM",
      "nothing is stopped on node-1: its database gives a copy to another member just now",
    ],
  ])("is %s, and refused", async (_what, changes, code, sentence) => {
    const look = await lookOf();
    const refusal = await refusalOf(() => look.decide(found(changes)));
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(sentence) });
  });

  it("is not what --force has overruled, and the database's majority all the same", async () => {
    const torn: Changes = { ...WHOLE, "node-3": { storage: "3 entries wait to be healed" } };
    const look = await lookOf(torn, { force: true });
    expect(look.decide(found(torn))).toEqual([]);
    expect((await refusalOf(() => look.decide(found({ ...WHOLE, "node-3": AWAY })))).code).toBe(
      "DRAIN_QUORUM",
    );
  });

  it("asks every machine, and lets a cache that follows another master by now come in sync first", async () => {
    const look = await lookOf();
    expect(look.machines).toEqual(["node-1", "node-2", "node-3"]);
    const inSync = "role:slave\\nmaster_link_status:up\\nmaster_sync_in_progress:0";
    const syncing = inSync.replace(":up", ":down");
    const programs = {
      // It follows when it is asked for the third time.
      "redis-cli": `case "$*" in
*INFO*)
  echo asked >>"\${0%/*}/times"
  if [ "$(wc -l <"\${0%/*}/times")" -lt 3 ]; then printf '${syncing}\\n'; else printf '${inSync}\\n'; fi ;;
esac`,
      mariadb: printing(""),
      gluster: "exit 1",
      systemctl: "exit 3",
    };
    const [, second] = threeMachines.machines;
    const answer = runWith(look.observe(second!.name).argv, { programs });
    expect(answer.stdout).toMatch(/^@in sync 0$/m);
    expect(answer.stdout).toMatch(/^\|role:slave\n\|master_link_status:up$/m);
    // The machine's own cache is stopped next: nobody waits for it.
    expect(look.observe("node-1").argv).not.toContain("in sync");
  });

  it("comes after all drains of a batch, and is taken back with the drain of its own machine", async () => {
    const fixture = await fixtureOf("restart");
    const { phases } = await fixture.runbook.plan(
      runbookContext(),
      fixture.runbook.arguments.parse({}),
      wholeCluster(),
      RUN,
    );
    const index = phases.findIndex(({ title }) => title === LOOK);
    expect(phases[index]!.group).toBe("drain node-1");
    expect(phases[index - 1]!.group).toBe("drain node-1");
    expect(phases[index + 1]!.title).toMatch(/^stop /);
  });
});

/** Puts node-1 in maintenance; node-3 can be switched off. */
class Maintenance extends Rehearsal {
  isNode3Off = false;

  static async make(): Promise<Maintenance> {
    const fixture = await fixtureOf("maintenance enter");
    const made: Maintenance = new Maintenance({
      ...fixture,
      look: (machine, command, isDone) => {
        if (machine === "node-3" && made.isNode3Off)
          throw new UserError("SSH_TIMEOUT", "node-3 did not answer in time", "see that it runs");
        return fixture.look!(machine, command, isDone);
      },
    });
    return made;
  }

  /** Titles of the phases that begin. */
  readonly begun: string[] = [];

  /** Interrupts the run before the first step of the phase whose title begins with these words. */
  until(words: string): Partial<StartSettings> {
    let isReached = false;
    return {
      reporter: {
        ...silentReporter,
        phaseStarted: (title) => {
          this.begun.push(title);
          if (title.startsWith(words)) isReached = true;
        },
      },
      interruption: {
        check: () => {
          if (isReached) throw new UserError("INTERRUPTED", "stopped", "go on");
        },
      },
    };
  }

  get stops(): readonly string[] {
    return this.sent.flatMap(({ command: { argv, mutates } }) =>
      mutates && argv[0] === "systemctl" && argv[1] === "stop" ? [argv.at(-1)!] : [],
    );
  }

  get drain(): readonly string[] {
    return leftOver(
      this,
      this.machines.steps.all.filter(({ phase }) => phase.group).map(({ step }) => step),
    );
  }
}

describe("maintenance enter", () => {
  it("stops nothing where another machine died while sessions were waited for, and puts the machine back", async () => {
    using run = await Maintenance.make();
    const refusal = await refusalOf(() =>
      run.start({
        reporter: {
          ...silentReporter,
          phaseStarted: (title) => void (run.isNode3Off ||= title.startsWith("wait for the mail sessions")),
        },
      }),
    );
    expect(refusal.code).toBe("DRAIN_QUORUM");
    expect(refusal.message).toContain('what "drain node-1" had done until then was taken back');
    expect([run.stops, run.drain, await run.isOpen("desk")]).toEqual([[], [], false]);
  });

  it("looks again when it is resumed before anything was stopped, and puts the machine back where another one died", async () => {
    using run = await Maintenance.make();
    await refusalOf(() => run.start(run.until("stop keepalived")));
    expect([run.begun.at(-2), run.stops]).toEqual([LOOK, []]);
    expect(run.drain).not.toEqual([]);
    run.isNode3Off = true;
    expect((await refusalOf(() => run.resume("laptop"))).code).toBe("DRAIN_QUORUM");
    expect([run.stops, run.drain, await run.isOpen("desk")]).toEqual([[], [], false]);
  });

  it("does not look again once something was stopped: then it is no more to be put back, but finished", async () => {
    using whole = await Maintenance.make();
    await whole.start();
    using run = await Maintenance.make();
    await refusalOf(() => run.start(run.until("stop haproxy")));
    expect(run.stops).toEqual(["keepalived.service"]);
    run.isNode3Off = true;
    await run.resume("laptop");
    expect(run.machines.state).toEqual(whole.machines.state);
  });
});
