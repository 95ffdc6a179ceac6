import type { Answer } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Stage, Step } from "../../steps/step.ts";
import type { Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import {
  askForMailCluster,
  followsLeader,
  isVoter,
  parseMailCluster,
  replaceFormer,
  takeIn,
  votes,
  type MailCluster,
} from "./members.ts";

/**
 * Makes the mail nodes one cluster. A new one they found by themselves; into one that is there, each that is no member
 * is taken; where its machine came back with an empty disk, its former self goes before it votes.
 */
export function formMailClusterPhase(topology: Topology): Phase {
  const machines = votersIn(topology, "mail").map(({ name }) => name);
  return {
    title: "make the mail nodes one cluster",
    machines,
    observe: () => askForMailCluster(),
    decide: (answers) => decide(machines, answers),
  };
}

interface Node {
  readonly name: string;
  readonly said: MailCluster;
}

function decide(machines: readonly string[], answers: ReadonlyMap<string, Answer>): readonly Stage[] {
  // One that still says nothing does not run: its probe is the one to complain.
  const nodes = machines.flatMap((name): readonly Node[] => {
    const said = parseMailCluster(answers.get(name)!.stdout);
    return said ? [{ name, said }] : [];
  });
  const members = nodes.filter(({ said }) => said.standing !== undefined);
  if (members.length === 0) return nodes.length > 0 ? [nodes.map(({ name }) => foundedStep(name))] : [];
  // Without a leader nobody can be taken in, and an apply may be what brings the leader back.
  const leading = members.find(({ name, said }) => said.leader === name) ?? members.find(mayBeTold);
  if (!leading) return [];
  return nodes.flatMap(({ name, said }) => {
    const { members } = leading.said;
    if (members.some((member) => member.id === said.member && votes(member))) return [];
    const hasFormer = members.some(({ node, id }) => node === name && id !== said.member);
    return [[takeInStep(leading.name, name, said.member, hasFormer)]];
  });
}

/** It hands on to the leader what it is told. A witness would not see that it is done. */
function mayBeTold({ said }: Node): boolean {
  return said.leader !== null && said.standing !== "witness";
}

function foundedStep(machine: string): Step {
  return {
    title: "wait until the mail nodes have founded their cluster",
    machine,
    commands: [],
    verify: followsLeader(),
  };
}

function takeInStep(by: string, name: string, id: string, hasFormer: boolean): Step {
  return {
    title: hasFormer
      ? `take the mail node of ${name} in, and out what it was before its disk was lost`
      : `take the mail node of ${name} into the cluster`,
    machine: by,
    unless: isVoter(id).command,
    commands: [hasFormer ? replaceFormer(name) : takeIn(name)],
    verify: isVoter(id),
  };
}
