import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import type { Plan, RunIdentity } from "../../runner/plan.ts";
import { waitStep } from "../../services/glusterfs/form-pool.ts";
import { areBricksOnline, isHealed, seesPeers } from "../../services/glusterfs/heal.ts";
import {
  askForPool,
  giveIdentity,
  hasIdentity,
  knowsVolume,
  launchFullHeal,
  parsePool,
  readVolumeAgain,
  resetBrick,
} from "../../services/glusterfs/replaced.ts";
import { PATHS as MAILNODE } from "../../services/mailnode/names.ts";
import { act, ask, script, type Answer, type Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn, votesIn, type VotingTier } from "../../topology/voters.ts";
import { planApply, type PrepareRelease } from "../apply/run-apply.ts";
import { knownMachine } from "../../topology/known-machine.ts";
import { requireWhole } from "../rolling/look.ts";
import type { Runbook, RunbookContext } from "../runbook.ts";
import { joinPhases } from "./join-phases.ts";
import { readJoiningLook, surveyForJoining, type JoiningLook } from "./look.ts";
import { forgetPhases } from "./sentinel-phases.ts";

const replaceArguments = z.strictObject({ machine: z.string() });
export type ReplaceArguments = z.output<typeof replaceArguments>;

/** Takes a machine in that was made anew, blank, under its old name and address. */
export const replaceMachine: Runbook<ReplaceArguments> = {
  name: "replace machine",
  summary: "take a machine in that lost its data and was made anew under its old name and address",
  arguments: replaceArguments,
  // A second look would find a machine that is blank no more.
  isRepeatable: false,
  survey: (context, { machine }) => {
    const { topology } = context;
    const lost = knownMachine(topology, machine);
    return surveyForJoining(context, topology, [machine], (other) => {
      if (other.name === machine) return new Map([["held", askWhatIsHeld(topology)]]);
      const isPeer = votesIn(topology, lost, "storage") && votesIn(topology, other, "storage");
      return isPeer ? new Map([["pool", askForPool()]]) : new Map();
    });
  },
  plan: (context, args, answers, run) => planReplace(context, args, answers, run),
};

/** @param prepare see planApply */
export async function planReplace(
  context: RunbookContext,
  args: ReplaceArguments,
  answers: ReadonlyMap<string, Answer>,
  run: RunIdentity,
  prepare?: PrepareRelease,
): Promise<Plan> {
  const { topology } = context;
  const machine = knownMachine(topology, args.machine);
  const look = readJoiningLook(topology, [machine.name], answers);
  refuseHeld(machine, look);
  requireWhole(`replacing ${machine.name}`, look.rest);
  const inputs = { ...context, secrets: await context.secrets(), overwrite: false };
  const { phases: apply, resolverOf } = await planApply(inputs, look.facts, prepare);
  const has = (tier: VotingTier) => votesIn(topology, machine, tier);
  const phases = joinPhases({
    topology,
    joining: [machine],
    look,
    run,
    reason: "made anew",
    apply,
    ...(has("storage") && storage(topology, machine, look)),
    proofs: has("cache") ? forgetPhases(topology, othersIn(topology, machine, "cache")) : [],
  });
  return { phases, resolverOf, notes: notes(machine), next: "mbctl status" };
}

function othersIn(topology: Topology, { name }: Machine, tier: VotingTier): readonly Machine[] {
  return votersIn(topology, tier).filter((other) => other.name !== name);
}

function notes({ name, roles }: Machine): readonly string[] {
  return [
    ...(roles.includes("mail")
      ? [`mail that waited in the queue of ${name} when it was lost is lost with it`]
      : []),
    ...(roles.includes("database") || roles.includes("storage")
      ? [
          `${name} gets a whole copy of ${copied(roles)} from the others, which takes as long as that is large`,
        ]
      : []),
    `${name} gets no client before all of its services are proven`,
  ];
}

function copied(roles: Machine["roles"]): string {
  const parts = [
    ...(roles.includes("database") ? ["the database"] : []),
    ...(roles.includes("storage") ? ["the shared storage"] : []),
  ];
  return parts.join(" and ");
}

/** Whether something is left of a machine's data. */
function askWhatIsHeld({ storage }: Topology): Command {
  return ask(
    script(HELD, [
      MAILNODE.queue,
      MAILNODE.raft,
      "/var/lib/mysql/grastate.dat",
      storage.brickPath,
      `/var/lib/glusterd/vols/${storage.volume}`,
    ]),
  );
}

const HELD = `for path; do [ -z "$(ls -A "$path" 2>/dev/null)" ] || echo "$path"; done`;

/** To treat a machine as blank that is not would throw away what is on it, a queue of mail perhaps. */
function refuseHeld({ name }: Machine, { said }: JoiningLook): void {
  const held = said.get(name)?.get("held")?.stdout.trim().split("\n").join(", ") ?? "";
  if (held === "") return;
  throw new UserError(
    "REPLACE_NOT_BLANK",
    `${name} is not blank: it holds ${held}`,
    "if its data are sound, mbctl apply brings it back with them; if not, save them elsewhere and make the machine anew",
  );
}

/** What an apply must find done before it forms pool and volume. */
function storage(topology: Topology, machine: Machine, { said }: JoiningLook) {
  const peers = othersIn(topology, machine, "storage");
  const [peer] = peers;
  const answer = said.get(peer!.name)?.get("pool") ?? { code: 1, stdout: "", stderr: "" };
  const pool = parsePool(peer!, votersIn(topology, "storage"), answer);
  const identity = plannedPhase(`give ${machine.name} back its place in the storage pool`, [
    [
      {
        title: "make the brick's folder",
        machine: machine.name,
        commands: [act(["install", "-d", "-m", "0755", topology.storage.brickPath])],
      },
    ],
    [
      {
        title: "take the id by which the pool knows this machine",
        machine: machine.name,
        unless: hasIdentity(machine, pool),
        commands: [giveIdentity(machine, pool)],
      },
    ],
  ]);
  const { volume } = topology.storage;
  const online = areBricksOnline(volume, [machine]);
  const brick = plannedPhase(`begin the brick of ${machine.name} again`, [
    [{ title: "hear of the volume", machine: machine.name, commands: [], verify: knowsVolume(volume) }],
    [
      {
        title: "let its daemon find out where its brick lies",
        machine: machine.name,
        unless: online.command,
        commands: [readVolumeAgain()],
        verify: seesPeers(peers.length),
      },
    ],
    // To see the others is not to be seen: "reset-brick" is refused where the brick's machine is not connected.
    peers.map((one) => waitStep(one, machine)),
    [
      {
        title: `begin the brick of ${machine.name} again, empty`,
        machine: peer!.name,
        unless: online.command,
        commands: [resetBrick(topology, machine)],
        verify: online,
      },
    ],
  ]);
  // An apply waits for a brick for two minutes, and what a lost one lacks is all there is.
  const heal = { "see that glusterfs does its work": [healPhase(topology, machine)] };
  return { before: { "put files": [identity], ...heal }, after: { "join the storage pool": [brick] } };
}

function healPhase({ storage: { volume } }: Topology, machine: Machine): Phase {
  return plannedPhase(`bring all files to ${machine.name}`, [
    [
      {
        title: "heal the whole volume",
        machine: machine.name,
        commands: [launchFullHeal(volume)],
        verify: isHealed(volume),
      },
    ],
  ]);
}
