import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { stopServer } from "../../../src/toolkit/services/galera/stop.ts";
import { PATHS as NODE, UNIT as NODE_UNIT } from "../../../src/toolkit/services/mailnode/names.ts";
import { CONFIG_PATH, SERVER_UNIT as CACHE_UNIT } from "../../../src/toolkit/services/redis/names.ts";
import { runWith } from "../services/shell.ts";
import { fixtureOf } from "./rehearsal/fixtures.ts";
import { leftOver } from "./rehearsal/left-over.ts";
import type { Sent } from "./rehearsal/model-machines.ts";
import { Rehearsal } from "./rehearsal/rehearsal.ts";
import { effectOf } from "./rehearsal/step-index.ts";
import { refusalOf } from "./runbook-context.ts";

// Real shells, on a machine that others may use as well.
jest.setTimeout(120_000);

/** What programs of a machine answer where no service runs. */
const NOTHING_RUNS = {
  systemctl: "echo inactive; exit 3",
  "redis-cli": "echo 'Could not connect to Redis' >&2; exit 1",
  mbnode: "echo 'mbnode: connect ECONNREFUSED' >&2; exit 1",
};

describe("a run that drained a machine and has stopped its Redis and its mail node when it fails", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbastion-stopped-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /**
   * Lets what is said to a Redis or a mail node that was stopped fail where its own script does, in a real shell. What
   * the machines themselves make of it is the model's.
   */
  function letServicesStop(run: Rehearsal, fails: (sent: Sent) => boolean): void {
    const stopped = new Set<string>();
    const files = new Map<string, string>();
    const fileOf = (machine: string) => {
      const file = files.get(machine) ?? join(folder, machine);
      if (!files.has(machine)) writeFileSync(file, "requirepass pw\n");
      files.set(machine, file);
      return file;
    };
    run.machines.breaks = ({ machine, command }) => {
      if (fails({ machine, command })) return true;
      const { argv } = command;
      if (argv[0] === "systemctl")
        for (const unit of argv)
          if (argv[1] === "stop") stopped.add(`${machine} ${unit}`);
          else if (argv[1] === "start") stopped.delete(`${machine} ${unit}`);
      const isMute =
        (argv.includes(CONFIG_PATH) && stopped.has(`${machine} ${CACHE_UNIT}`)) ||
        (argv.includes(NODE.program) && stopped.has(`${machine} ${NODE_UNIT}`));
      if (!isMute) return false;
      const own = new Map([
        [CONFIG_PATH, fileOf(machine)],
        [NODE.program, "mbnode"],
      ]);
      const words = argv.map((word) => own.get(word) ?? word);
      return runWith(words, { programs: NOTHING_RUNS }).code !== 0;
    };
  }

  /** Fails once. */
  function once(isMeant: (sent: Sent) => boolean): (sent: Sent) => boolean {
    let isOver = false;
    return (sent) => {
      const isNow = !isOver && isMeant(sent);
      isOver ||= isNow;
      return isNow;
    };
  }

  const stopsDatabase = ({ command }: Sent) => effectOf(command) === effectOf(stopServer());

  describe.each(["maintenance enter", "restart", "remove machine"])("%s", (name) => {
    it("is taken back by an abort", async () => {
      using run = new Rehearsal(await fixtureOf(name));
      letServicesStop(run, once(stopsDatabase));
      expect((await refusalOf(() => run.start())).code).toBe("STEP_FAILED");
      await run.abort("laptop");
      expect(
        leftOver(
          run,
          run.machines.steps.all.map(({ step }) => step),
        ),
      ).toEqual([]);
      expect(await run.isOpen("desk")).toBe(false);
    });

    it("goes on by resume after an abort that came to its end only in part", async () => {
      using whole = new Rehearsal(await fixtureOf(name));
      await whole.start();
      using run = new Rehearsal(await fixtureOf(name));
      const putBack = new Set<string>();
      const failsToPutBack = once(({ command }) => putBack.has(effectOf(command)));
      const failsToStop = once(stopsDatabase);
      letServicesStop(run, (sent) => failsToStop(sent) || failsToPutBack(sent));
      expect((await refusalOf(() => run.start())).code).toBe("STEP_FAILED");
      for (const { step } of run.machines.steps.all)
        if (step.title.endsWith(" no new session")) putBack.add(effectOf(step.undo![0]!));
      expect((await refusalOf(() => run.abort("laptop"))).code).toBe("UNDO_FAILED");
      await run.resume("desk");
      expect(run.machines.state).toEqual(whole.machines.state);
      expect(await run.isOpen("desk")).toBe(false);
    });
  });
});
