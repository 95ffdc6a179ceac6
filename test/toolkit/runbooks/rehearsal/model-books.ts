import { auditCommand } from "../../../../src/toolkit/runner/audit.ts";
import {
  closeCommand,
  listRunsCommand,
  readJournalCommand,
  writeCommand,
} from "../../../../src/toolkit/runner/journal/commands.ts";
import {
  acquireCommand,
  LOCK_EXIT,
  releaseCommand,
  renewCommand,
  showLockCommand,
} from "../../../../src/toolkit/runner/lock/commands.ts";
import { fenced } from "../../../../src/toolkit/runner/lock/fence.ts";
import { ask, type Answer, type Command } from "../../../../src/toolkit/steps/command.ts";

const scriptOf = ({ argv }: Command): string => argv[2]!;

const FENCED = scriptOf(fenced(ask([]), "t"));
const BOOKS = new Map([
  [scriptOf(acquireCommand("t", "h")), "acquire"],
  [scriptOf(renewCommand("t")), "renew"],
  [scriptOf(releaseCommand("t")), "release"],
  [scriptOf(showLockCommand()), "show"],
  [scriptOf(writeCommand("r", "", true)), "write"],
  [scriptOf(closeCommand(["r"])), "close"],
  [scriptOf(listRunsCommand()), "list"],
  [
    scriptOf(
      auditCommand({ at: 0, run: "r", operator: { user: "u", host: "h" }, command: "c", event: "begins" }),
    ),
    "audit",
  ],
] as const);
/** The journal of the run RUN is read with cat. */
const [BEFORE_RUN, AFTER_RUN] = readJournalCommand("RUN").argv[1]!.split("RUN") as [string, string];

export const ok = (stdout = ""): Answer => ({ code: 0, stdout, stderr: "" });
export const exit = (code: number, stderr = ""): Answer => ({ code, stdout: "", stderr });

/** The command within the fence, and the token that must hold the lock. */
export function unfenced(command: Command): { readonly command: Command; readonly token?: string } {
  if (command.argv[2] !== FENCED) return { command };
  return { command: { ...command, argv: command.argv.slice(6) }, token: command.argv[5]! };
}

/** Whether it is about lock, journal or audit log, and not about what a run is for. */
export function isBookkeeping(command: Command): boolean {
  const { argv } = unfenced(command).command;
  return BOOKS.has(argv[2] as never) || (argv[0] === "cat" && argv[1]!.startsWith(BEFORE_RUN));
}

/** Lock and journals of one machine, in memory: what the scripts of the runner do in a shell. Audit lines are forgotten. */
export class ModelBooks {
  readonly #journals = new Map<string, { text: string; isEnded: boolean }>();
  #lock: { readonly token: string; readonly holder: string; beatAt: number } | undefined;

  get token(): string | undefined {
    return this.#lock?.token;
  }

  /** Does one of these commands. `now` in milliseconds. */
  keep({ argv }: Command, stdin: string, now: number): Answer {
    const [, , text, , , first = "", second = ""] = argv;
    const lock = this.#lock;
    switch (BOOKS.get(text as never)) {
      case "acquire":
        if (lock && lock.token !== second)
          return { ...this.#show(now), code: lock.token === first ? 0 : LOCK_EXIT.held };
        this.#lock = { token: first, holder: stdin, beatAt: now };
        return this.#show(now);
      case "renew":
        if (lock?.token !== first) return exit(LOCK_EXIT.lost);
        lock.beatAt = now;
        return ok();
      case "release":
        if (lock?.token === first) this.#lock = undefined;
        return ok();
      case "show":
        return lock ? this.#show(now) : ok();
      case "write": {
        const earlier = second === "yes" ? "" : (this.#journals.get(first)?.text ?? "");
        this.#journals.set(first, {
          text: earlier + stdin,
          isEnded: this.#journals.get(first)?.isEnded ?? false,
        });
        return ok();
      }
      case "close":
        for (const run of argv.slice(5)) this.#journals.get(run)!.isEnded = true;
        return ok();
      case "list":
        return ok(
          [...this.#journals].map(([run, { isEnded }]) => `${run} ${isEnded ? "ended" : "open"}\n`).join(""),
        );
      case "audit":
        return ok();
      case undefined: {
        const run = argv[1]!.slice(BEFORE_RUN.length, -AFTER_RUN.length);
        const journal = this.#journals.get(run);
        return journal ? ok(journal.text) : exit(1);
      }
    }
  }

  #show(now: number): Answer {
    const { token, holder, beatAt } = this.#lock!;
    return ok(`token ${token}\nage ${Math.floor((now - beatAt) / 1000)}\nholder ${holder}\n`);
  }
}
