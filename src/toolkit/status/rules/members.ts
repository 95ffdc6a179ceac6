import { PATHS } from "../../services/mailnode/names.ts";
import { isTakenOut, votes, type MailCluster } from "../../services/mailnode/members.ts";
import { votersIn } from "../../topology/voters.ts";
import { critical, note, warning, type Finding } from "../finding.ts";
import { having, isAway, isDrained, listed, type Rules, type View } from "../view.ts";

/** Entries that a node may not have applied yet while it keeps up: a few seconds' worth. */
const BEHIND_ENTRIES = 1000;
const CTL = `${PATHS.program} ctl`;

interface Node {
  readonly machine: string;
  readonly said: MailCluster;
}

/**
 * Whether the mail nodes are one cluster, by what each of them says. No finding is about mail: that is taken without a
 * leader too; what they share stands still.
 */
export const memberRules: Rules = (view) => {
  const nodes = having(view, "mailnode").flatMap(({ machine: { machine }, found }): readonly Node[] =>
    found.cluster ? [{ machine, said: found.cluster }] : [],
  );
  // Of several that know a leader, the one of the highest term is the newest.
  const newest = nodes
    .filter(({ said }) => said.leader !== null)
    .toSorted((a, b) => b.said.term - a.said.term)[0];
  if (nodes.length === 0) return [];
  return [
    ...leaders(nodes),
    ...partitions(nodes),
    ...maintenance(view, nodes),
    ...(newest
      ? [...members(view, nodes, newest), ...behind(nodes), ...strays(view, newest), ...count(newest)]
      : []),
  ];
};

function leaders(nodes: readonly Node[]): readonly Finding[] {
  const machines = nodes.map(({ machine }) => machine);
  const evidence = nodes.map(
    ({ machine, said }) =>
      `${machine}: leader ${said.leader ?? "none"}, term ${said.term}${said.waiting === undefined ? "" : `, ${said.waiting}`}`,
  );
  const byLeader = Map.groupBy(nodes, ({ said }) => said.leader);
  const without = (byLeader.get(null) ?? []).map(({ machine }) => machine);
  const named = [...byLeader.keys()].filter((leader) => leader !== null);
  if (named.length === 0) {
    const isFounded = nodes.some(({ said }) => said.standing !== undefined);
    return [
      warning({
        rule: isFounded ? "members-no-leader" : "members-not-founded",
        machines,
        finding: isFounded
          ? "the mail nodes have no leader: they take mail, and decide on nothing that they share"
          : "the mail nodes have not founded their cluster: they take mail, and share nothing",
        cause: isFounded
          ? "fewer than a majority of the members reach each other"
          : "each founder must be there once",
        remedy: "start the mail nodes that are away; mbctl doctor says which ways between them are shut",
        evidence,
      }),
    ];
  }
  const findings: Finding[] = [];
  if (named.length > 1)
    findings.push(
      warning({
        rule: "members-two-leaders",
        machines,
        finding: `the mail nodes do not name one leader: ${evidence.join("; ")}`,
        cause: "only that of the higher term decides on anything; the others have not heard of it",
        remedy: "look again in ten seconds; if it stays so, mbctl doctor",
        evidence,
      }),
    );
  const lost = nodes.filter(({ machine, said }) => without.includes(machine) && said.standing !== undefined);
  if (lost.length > 0)
    findings.push(
      warning({
        rule: "member-leaderless",
        machines: lost.map(({ machine }) => machine),
        finding: `the mail ${lost.length === 1 ? "node" : "nodes"} on ${listed(lost.map(({ machine }) => machine))} ${lost.length === 1 ? "knows" : "know"} no leader, and the others follow ${listed(named)}`,
        cause: "the way to the leader is shut, or an election is under way",
        remedy: "look again in ten seconds; if it stays so, mbctl doctor, which tries every way",
        evidence,
      }),
    );
  return findings;
}

function partitions(nodes: readonly Node[]): readonly Finding[] {
  const split = nodes.filter(({ said }) => said.status === "split-brain").map(({ machine }) => machine);
  if (split.length === 0) return [];
  return [
    critical({
      rule: "members-split",
      machines: split,
      finding: `the mail ${split.length === 1 ? "node" : "nodes"} on ${listed(split)} cannot reach members that others say are alive`,
      cause: "the network between mail nodes is cut in part",
      remedy: "mbctl doctor, which tries every way",
      evidence: split.map((machine) => `${machine}: the cluster is split-brain`),
    }),
  ];
}

/** Taken out by the nodes' own command, not by a drain of the machine. */
function maintenance(view: View, nodes: readonly Node[]): readonly Finding[] {
  return nodes
    .filter(({ machine, said }) => isTakenOut(said) && !isDrained(view, machine))
    .map(({ machine, said }) =>
      note({
        rule: "node-in-maintenance",
        machines: [machine],
        finding: `the mail node on ${machine} is out of service by its cluster's own mark (${said.state})`,
        remedy: `on ${machine}: ${CTL} maintenance exit ${machine}`,
        evidence: [`${machine}: ${said.state}, and no drain mark`],
      }),
    );
}

/** Every mail node of the description should have a vote. */
function members(view: View, nodes: readonly Node[], { machine: by, said }: Node): readonly Finding[] {
  return votersIn(view.topology, "mail").flatMap(({ name }) => {
    const own = nodes.find(({ machine }) => machine === name)?.said;
    const listedAs = said.members.filter(({ node, id }) => (own ? id === own.member : node === name));
    if (listedAs.some(votes)) return [];
    const isLearner = listedAs.length > 0;
    return [
      warning({
        rule: isLearner ? "member-learns" : "member-missing",
        machines: [name],
        finding: isLearner
          ? `the mail node on ${name} copies what the others share, and has no vote yet`
          : `the mail node on ${name} is no member of the mail nodes' cluster${own?.waiting === undefined ? "" : `: ${own.waiting}`}`,
        cause: isLearner
          ? "it was taken in just now, or that was broken off"
          : "it is new, or its disk was lost",
        remedy: isAway(view, name) ? `mbctl apply, once ${name} is back` : "mbctl apply, which takes it in",
        evidence: [
          `${by}: members ${said.members.map(({ node, standing }) => `${node} (${standing})`).join(", ")}`,
        ],
      }),
    ];
  });
}

function behind(nodes: readonly Node[]): readonly Finding[] {
  const newest = Math.max(...nodes.map(({ said }) => said.commitIndex));
  return nodes
    .filter(({ said }) => said.standing !== undefined && said.standing !== "witness")
    .filter(({ said }) => newest - said.appliedIndex > BEHIND_ENTRIES)
    .map(({ machine, said }) =>
      warning({
        rule: "member-behind",
        machines: [machine],
        finding: `the mail node on ${machine} is ${newest - said.appliedIndex} entries behind the newest that is committed`,
        cause: "it was away, its disk or its network is slow, or it copies the whole state",
        remedy: `look again in a minute; if it stays so, look at the disk and the load of ${machine}`,
        evidence: [`${machine}: applied ${said.appliedIndex}, committed elsewhere ${newest}`],
      }),
    );
}

/** Members that count towards the majority and are no machine of the description. */
function strays(view: View, { machine: by, said }: Node): readonly Finding[] {
  const names = votersIn(view.topology, "mail").map(({ name }) => name);
  return said.members
    .filter(({ node }) => !names.includes(node))
    .map(({ node, id, standing, seems }) =>
      warning({
        rule: "member-strange",
        machines: [by],
        finding: `${node} is a member of the mail nodes' cluster (${standing}, it seems ${seems}), and no mail machine of the description`,
        cause: "a machine was taken out of the description before mbctl remove machine, or lost its disk",
        remedy: `if it is gone for good, on ${by}: ${CTL} member remove ${id}`,
        evidence: [`${by}: member ${id}`],
      }),
    );
}

function count({ machine: by, said }: Node): readonly Finding[] {
  const voters = said.members.filter(votes);
  if (voters.length % 2 === 1) return [];
  const survives = voters.length / 2 - 1;
  return [
    note({
      rule: "members-even",
      machines: voters.map(({ node }) => node),
      finding: `${voters.length} members vote in the mail nodes' cluster: it survives the loss of ${survives === 0 ? "none" : survives}, as ${voters.length - 1} would; mail is taken all the same`,
      cause: "a majority of an even number is one more than half",
      remedy: "",
      evidence: [`${by}: voters ${voters.map(({ node }) => node).join(", ")}`],
    }),
  ];
}
