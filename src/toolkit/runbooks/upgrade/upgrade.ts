import * as z from "zod";
import { lookAtMachine, prepareRelease, stateOf, type Release } from "../../release/index.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import type { Answer, Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { drainArguments } from "../drain/arguments.ts";
import { startPhases, stopPhases } from "../maintenance/service-phases.ts";
import { inOrder, lookAt, readLook, requireWhole, type Look } from "../rolling/look.ts";
import { isMember, workOnBatch } from "../rolling/one-by-one.ts";
import { votersIn, votesIn, witnessOf } from "../../topology/voters.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { mailLeftOut, noteOf, putBackPhase } from "./left-out.ts";
import {
  askForUpgrades,
  packagesOf,
  parseUpgrades,
  refuseMajor,
  upgradeStep,
  type PackageUpgrade,
} from "./packages.ts";
import { releasePhases } from "./release.ts";

const upgradeArguments = drainArguments.omit({ machine: true, force: true }).extend({
  /** Debian's packages of our services. */
  packages: z.boolean().default(false),
  /** The mail node's program; also when neither is said. */
  release: z.boolean().default(false),
});
export type UpgradeArguments = z.output<typeof upgradeArguments>;

/** Brings packages and the mail node's program to their newest version, machine by machine. */
export const upgrade: Runbook<UpgradeArguments> = {
  name: "upgrade",
  summary: "upgrade the mail node and the packages of the services, machine by machine",
  arguments: upgradeArguments,
  // The next plan leaves out what is upgraded, and first puts back what the balancers were told to leave out.
  isRepeatable: true,
  // A machine that was left drained, with services that are stopped, would be refused by the next plan.
  isResumedOnceBegun: ({ packages }) => packages,
  survey: (context, args) => ({
    machines: context.topology.machines.map(({ name }) => name),
    command: (name) => {
      const machine = machineNamed(context.topology, name);
      return lookAt(context.topology, context.services, machine, questions(context, args, machine));
    },
  }),
  plan: async (context, args, answers, run) => {
    const look = lookBefore(context.topology, answers);
    const architectures = votersIn(context.topology, "mail").map(
      ({ name }) => stateOfMail(name, look).architecture,
    );
    return planUpgrade(
      context,
      args,
      answers,
      run,
      wantsRelease(args) ? await prepareRelease(architectures) : undefined,
    );
  },
};

function questions(
  { topology, services }: RunbookContext,
  args: UpgradeArguments,
  machine: Machine,
): ReadonlyMap<string, Command> {
  return new Map([
    ...(votesIn(topology, machine, "mail") ? [["release", lookAtMachine] as const] : []),
    ...(args.packages
      ? [["packages", askForUpgrades(packagesOf(topology, services, machine))] as const]
      : []),
  ]);
}

function wantsRelease({ packages, release }: UpgradeArguments): boolean {
  return release || !packages;
}

function stateOfMail(name: string, { more }: Look) {
  return stateOf(name, more.get(name)?.get("release") ?? { code: 1, stdout: "", stderr: "no answer" });
}

/** What a broken-off upgrade has left out of the balancers is no fault: the next one goes on from there. */
function lookBefore(topology: Topology, answers: ReadonlyMap<string, Answer>): Look {
  const look = readLook(topology, answers);
  requireWhole("an upgrade", { ...look, leftOut: [] });
  return look;
}

/** The plan, where the release is made already; undefined where none is wanted. */
export function planUpgrade(
  { topology, services }: RunbookContext,
  args: UpgradeArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
  release: Release | undefined,
): Plan {
  const look = lookBefore(topology, answers);
  const reason = args.reason || "upgrade";
  const around = { topology, services, look, times: { ...args, reason }, run };
  const upgrades = args.packages
    ? upgradesOf(topology.machines, look)
    : new Map<string, readonly PackageUpgrade[]>();
  const packages = inOrder(topology.machines, look).flatMap((machine) => {
    const own = upgrades.get(machine.name) ?? [];
    if (own.length === 0) return [];
    const names = new Set(own.map(({ name }) => name));
    const changed = services.filter(
      (service) =>
        service.runsOn(topology, machine) &&
        service.packages(topology, machine).some((name) => names.has(name)),
    );
    const phases: readonly Phase[] = [
      ...stopPhases(topology, changed, machine),
      plannedPhase(`upgrade the packages of ${machine.name}`, [[upgradeStep(machine.name, own)]]),
      ...startPhases(topology, changed, machine),
    ];
    return workOnBatch([{ machine, phases }], around);
  });
  const mail = inOrder(votersIn(topology, "mail"), look)
    .map(({ name }) => ({ name, state: stateOfMail(name, look), isMember: isMember(name, look) }))
    .filter(({ state }) => state.current !== release?.id || state.running !== release?.id);
  const balancers = machinesWith(topology, "balancer").map(({ name }) => name);
  const left = mailLeftOut(topology, look);
  const notes = [
    ...left.map(noteOf),
    ...(args.packages && packages.length === 0
      ? ["every package of the services is at its newest version"]
      : []),
    ...(release && mail.length === 0 ? [`every mail node runs ${release.id}`] : []),
    ...(packages.length > 0
      ? ["a machine whose services do not come back stays drained: mend it and type mbctl resume"]
      : []),
  ];
  return {
    phases: [
      ...left.map((one) => putBackPhase(one, balancers)),
      ...packages,
      ...(release
        ? releasePhases({
            release,
            machines: mail,
            witness: witnessOf(topology, "mail")?.name,
            balancers,
            run,
          })
        : []),
    ],
    notes,
    next: "mbctl status",
  };
}

/** Throws UPGRADE_SOURCES and UPGRADE_MARIADB_MAJOR before anything is touched. */
function upgradesOf(
  machines: readonly Machine[],
  { more }: Look,
): ReadonlyMap<string, readonly PackageUpgrade[]> {
  return new Map(
    machines.map(({ name }) => {
      const upgrades = parseUpgrades(name, more.get(name)?.get("packages"));
      refuseMajor(name, upgrades);
      return [name, upgrades];
    }),
  );
}
