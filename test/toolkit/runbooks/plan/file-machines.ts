import { readFile, rm, writeFile } from "node:fs/promises";
import { Secret } from "../../../../src/support/secret.ts";
import type { Override } from "../../../../src/toolkit/bundle/overrides.ts";
import { factsCommand } from "../../../../src/toolkit/runbooks/apply/facts.ts";
import { planApply } from "../../../../src/toolkit/runbooks/apply/run-apply.ts";
import { apply } from "../../../../src/toolkit/runbooks/apply/runbook.ts";
import { bind } from "../../../../src/toolkit/runbooks/bind.ts";
import type { RunbookContext } from "../../../../src/toolkit/runbooks/runbook.ts";
import type { RunSettings } from "../../../../src/toolkit/runner/attempt.ts";
import { startRun } from "../../../../src/toolkit/runner/start-run.ts";
import type { Answer, Command } from "../../../../src/toolkit/steps/command.ts";
import { machineNamed, type Topology } from "../../../../src/toolkit/topology/topology.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { toyFile, toyService } from "../../fixtures/toy-service.ts";
import { FolderMachines } from "../../runner/machines.ts";
import { ok } from "../rehearsal/model-books.ts";
import { runbookContext } from "../runbook-context.ts";

export const SECRET = "Xq7vR2mK9pLw4tZb";
export const PATH = "/etc/toy.conf";

/** Without mail: what is compared are files, and no release of the mail node is needed for them. */
const topology: Topology = {
  ...threeMachines,
  machines: threeMachines.machines.map((machine) => ({ ...machine, roles: ["balancer"] })),
};

/**
 * Three machines with one generated file each, in folders of this one: all scripts run in real shells, with /etc and
 * apply's own places moved into the machine's folder. Only what a machine says of itself, its system and its addresses,
 * is made up, as it would be this computer's.
 */
export class FileMachines {
  /** A line of the description. */
  limit = 10;
  overrides: readonly Override[] = [];
  readonly #folders: FolderMachines;

  private constructor(folders: FolderMachines) {
    this.#folders = folders;
  }

  static async make(): Promise<FileMachines> {
    return new FileMachines(await FolderMachines.make());
  }

  /** A folder for a project's own things. */
  get project(): string {
    return this.#folders.path("desk", "project");
  }

  get settings(): RunSettings {
    return this.#folders.settings("desk", {
      transport: {
        close: () => Promise.resolve(),
        run: (machine, command, stdin) => this.#run(machine, command, stdin as string | undefined),
      },
    });
  }

  get context(): RunbookContext {
    const toy = toyService("toy", {
      files: (file) => [
        toyFile(
          PATH,
          [
            `on ${file.interfaceOf(file.machine.address)}`,
            `limit ${this.limit}`,
            ...["a", "b", "c", "d", "e"].map((name) => `option ${name}`),
            "last word",
            `password "${file.secret("toy/password")}";`,
          ].join("\n") + "\n",
        ),
      ],
    });
    const secrets = { versions: () => new Map([["toy/password", "1"]]), reveal: () => new Secret(SECRET) };
    return {
      ...runbookContext(topology),
      services: [toy],
      overrides: this.overrides,
      secrets: () => Promise.resolve(secrets),
    };
  }

  /** Applies for real, with lock and journal. */
  apply({ overwrite = false } = {}) {
    const prepared = {
      ...apply,
      plan: async (
        context: RunbookContext,
        given: { overwrite: boolean },
        answers: ReadonlyMap<string, Answer>,
      ) => planApply({ ...context, ...given, secrets: await context.secrets() }, answers, noRelease),
    };
    const runnable = bind(prepared, this.context, { overwrite }, "mbctl apply");
    return startRun(runnable, { ...this.settings, dryRun: false });
  }

  read(machine: string): Promise<string> {
    return readFile(this.#file(machine), "utf8");
  }

  /** As somebody with an editor would. */
  async edit(machine: string, from: string, to: string): Promise<void> {
    const text = await this.read(machine);
    if (!text.includes(from)) throw new Error(`${PATH} on ${machine} does not hold ${from}`);
    await writeFile(this.#file(machine), text.replace(from, to));
  }

  remove(machine: string): Promise<void> {
    return rm(this.#file(machine));
  }

  stop(): Promise<void> {
    return this.#folders.remove();
  }

  #file(machine: string): string {
    return this.#folders.path(machine, PATH.slice(1));
  }

  async #run(machine: string, command: Command, stdin = command.stdin as string): Promise<Answer> {
    if (command.argv[2] === factsCommand(topology, [], machineNamed(topology, machine)).argv[2])
      return ok(factsOf(machine));
    if (command.argv[0] === "probe") return ok();
    const folder = this.#folders.path(machine, "");
    const moved = (text: string) =>
      text.replaceAll(
        /(^|[\s"'=])(\/etc\/|\/var\/lib\/mailbastion-apply|\/run\/mailbastion-staging)/g,
        `$1${folder}$2`,
      );
    const argv = command.argv.map(moved);
    const isOfPaths = command.argv[2]?.includes("read -r path");
    const answer = await this.#folders.run(machine, { ...command, argv }, isOfPaths ? moved(stdin) : stdin);
    return { ...answer, stdout: answer.stdout.replaceAll(`${folder}/etc/`, "/etc/") };
  }
}

export const noRelease = () => Promise.resolve({ id: "none", archive: "/none", runtimes: {} });

function factsOf(name: string): string {
  return `os debian\narch x86_64\ninterface ${machineNamed(topology, name).address} ens18\n`;
}
