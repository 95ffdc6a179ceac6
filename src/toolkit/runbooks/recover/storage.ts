import * as z from "zod";
import { UserError } from "../../../support/errors.ts";
import { glusterEvidence } from "../../services/glusterfs/evidence.ts";
import {
  areBricksOnline,
  isHealed,
  launchHeal,
  listSplitBrain,
  parseSplitBrain,
  seesPeers,
  startBricks,
} from "../../services/glusterfs/heal.ts";
import { GLUSTERD_UNIT } from "../../services/glusterfs/names.ts";
import { mountProbe } from "../../services/mounts/form-mount.ts";
import { remount } from "../../services/mounts/remount.ts";
import { quote } from "../../ssh/quote.ts";
import { answersOf, askAll } from "../../steps/ask-all.ts";
import { act, ask, type Answer, type Command } from "../../steps/command.ts";
import { plannedPhase, type Phase } from "../../steps/phase.ts";
import type { Stage } from "../../steps/step.ts";
import { machineNamed, machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import { votersIn, votesIn } from "../../topology/voters.ts";
import type { Runbook } from "../runbook.ts";

/**
 * Brings the shared storage back: daemons, bricks, healing, mounts. Of a file in split-brain only a person knows which
 * version is the right one; those are listed with the commands.
 */
export const recoverStorage: Runbook<Record<never, never>> = {
  name: "recover storage",
  summary: "start missing bricks, heal the shared storage and mount it again",
  arguments: z.strictObject({}),
  isRepeatable: true,
  survey: ({ topology }) => ({
    machines: topology.machines
      .filter(
        (machine) =>
          votesIn(topology, machine, "storage") || (hasStorage(topology) && machine.roles.includes("mail")),
      )
      .map(({ name }) => name),
    command: (name) => look(topology, machineNamed(topology, name)),
  }),
  plan: ({ topology }, _args, answers) => {
    const bricks = votersIn(topology, "storage");
    const reachable = bricks.filter(({ name }) => answers.has(name));
    const needed = Math.floor(bricks.length / 2) + 1;
    if (bricks.length === 0 || reachable.length < needed) {
      const away = bricks.filter((machine) => !reachable.includes(machine)).map(({ name }) => name);
      throw new UserError(
        "STORAGE_NO_QUORUM",
        bricks.length === 0
          ? `${topology.cluster} has no storage machines`
          : `of ${bricks.length} storage machines ${reachable.length} can be reached, and ${needed} are needed for a quorum: ${away.join(", ")} is away`,
        bricks.length === 0 ? "there is nothing to recover" : "bring one of them back, see mbctl status",
      );
    }
    const whole = reachable.length === bricks.length;
    const found = new Map([...answers].map(([name, answer]) => [name, answersOf(answer)]));
    return {
      phases: [
        ...bringBricks(topology, reachable, found),
        ...(whole ? [heal(topology, reachable, found)] : []),
        mountAnew(topology, found),
        splitBrain(topology, reachable[0]!),
      ],
      notes: whole
        ? []
        : [
            `${bricks
              .filter((machine) => !reachable.includes(machine))
              .map(({ name }) => name)
              .join(", ")} is away, so that healing cannot end: run this again when it is back`,
          ],
      next: "mbctl status",
    };
  },
};

type Found = ReadonlyMap<string, ReadonlyMap<string, Answer>>;

function hasStorage(topology: Topology): boolean {
  return machinesWith(topology, "storage").length > 0;
}

function look(topology: Topology, machine: Machine): Command {
  const storage = votesIn(topology, machine, "storage");
  const mail = machine.roles.includes("mail");
  return askAll(
    new Map([
      ...(storage
        ? [
            ["daemon", ask(["systemctl", "is-active", "--quiet", GLUSTERD_UNIT])] as const,
            ["brick", glusterEvidence.command(topology, machine)] as const,
          ]
        : []),
      ...(mail ? [["mount", mountProbe(topology)] as const] : []),
    ]),
  );
}

/** The daemons first: a brick is started by its own, and only those that see each other start any. */
function bringBricks(topology: Topology, reachable: readonly Machine[], found: Found): readonly Phase[] {
  const { volume } = topology.storage;
  const stopped = reachable.filter(({ name }) => found.get(name)?.get("daemon")?.code !== 0);
  const online = onlineBricks(reachable, found);
  const missing = reachable.some(({ address }) => !online.has(address));
  const [first] = reachable;
  return [
    plannedPhase("start the storage daemons", [
      stopped.map(({ name }) => ({
        title: `start ${GLUSTERD_UNIT}`,
        machine: name,
        commands: [act(["systemctl", "start", GLUSTERD_UNIT], { timeoutMs: 5 * 60_000 })],
      })),
    ]),
    plannedPhase(
      "start the bricks that are missing",
      missing || stopped.length > 0
        ? [
            reachable.map(({ name }) => ({
              title: "wait for the storage pool",
              machine: name,
              commands: [],
              verify: seesPeers(reachable.length - 1),
            })),
            [
              {
                title: `start the bricks of volume ${volume}`,
                machine: first!.name,
                unless: areBricksOnline(volume, reachable).command,
                commands: [startBricks(volume)],
                verify: areBricksOnline(volume, reachable),
              },
            ],
          ]
        : [],
    ),
  ];
}

/** By address, as the first machine that can say so sees them. */
function onlineBricks(reachable: readonly Machine[], found: Found): ReadonlySet<string> {
  for (const { name } of reachable) {
    const answer = found.get(name)?.get("brick");
    const evidence = answer && glusterEvidence.parse(answer);
    if (evidence)
      return new Set(evidence.bricks.filter(({ isOnline }) => isOnline).map(({ address }) => address));
  }
  return new Set();
}

function heal(topology: Topology, reachable: readonly Machine[], found: Found): Phase {
  const { volume } = topology.storage;
  const isWhole = reachable.every(({ name }) => found.get(name)?.get("brick")?.code === 0);
  const [first] = reachable;
  const stage: Stage = [
    {
      title: "heal what the bricks lack",
      machine: first!.name,
      commands: [launchHeal(volume)],
      verify: isHealed(volume),
    },
  ];
  return plannedPhase("heal the storage", isWhole ? [] : [stage]);
}

function mountAnew(topology: Topology, found: Found): Phase {
  const command = mountProbe(topology);
  const stale = machinesWith(topology, "mail").filter(({ name }) => {
    const answer = found.get(name)?.get("mount");
    return answer !== undefined && answer.code !== 0;
  });
  return plannedPhase("mount the shared storage again", [
    stale.map(({ name }) => ({
      title: "mount the shared storage again",
      machine: name,
      unless: command,
      commands: [remount(topology)],
      verify: {
        title: "the shared storage is mounted and answers",
        command,
        timeoutMs: 120_000,
        intervalMs: 1000,
      },
    })),
  ]);
}

/** Looks, and changes nothing. */
function splitBrain(topology: Topology, machine: Machine): Phase {
  const { volume } = topology.storage;
  return {
    title: "see that no file is in split-brain",
    machines: [machine.name],
    observe: () => listSplitBrain(volume),
    decide: (answers) => {
      const { stdout, stderr } = answers.get(machine.name)!;
      const files = parseSplitBrain(stdout);
      if (!files) throw nobodySays(machine.name, volume, `${stdout}${stderr}`);
      if (files.length === 0) return [];
      const list = files.map(({ file, bricks }) => `    ${file} on ${bricks.join(" and ")}`).join("\n");
      throw new UserError(
        "STORAGE_SPLIT_BRAIN",
        `${files.length === 1 ? "1 file has" : `${files.length} files have`} versions that accuse each other:\n${list}`,
        `look at the versions and choose for each, on ${machine.name}:\n${files.map((one) => choices(volume, one)).join("\n")}`,
      );
    },
  };
}

function nobodySays(machine: string, volume: string, said: string): UserError {
  return new UserError(
    "STORAGE_UNKNOWN",
    `${machine} does not say which files of ${volume} are in split-brain: ${said.trim() || "no answer"}`,
    `type the command again, or see on ${machine}: gluster volume heal ${volume} info split-brain`,
  );
}

/** The ways of the Gluster documentation ("Resolving split-brain"), of which each throws the other versions away. */
function choices(volume: string, { file, bricks }: { file: string; bricks: readonly string[] }): string {
  const name = file.replace(/^<gfid:(.*)>$/, "gfid:$1");
  const command = (...words: string[]) =>
    `    ${quote(["gluster", "volume", "heal", volume, "split-brain", ...words])}`;
  return [command("latest-mtime", name), ...bricks.map((brick) => command("source-brick", brick, name))].join(
    "\n",
  );
}
