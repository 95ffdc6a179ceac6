/**
 * Who founds a cluster, as a pure function of what gossip says. Only nodes whose log is empty ask; see the decision
 * "The first machine founds, when all founders have agreed".
 */
import type { Founders } from "../raft/shell/founders.ts";
import { textOf, type FoundingNote } from "./founding-note.ts";

/** A node as gossip shows it. */
export interface FoundingNode {
  /** Of its data directory. */
  readonly id: string;
  /** Of its machine. */
  readonly name: string;
  readonly witness: boolean;
  readonly note: FoundingNote | undefined;
}

export interface FoundingView {
  readonly self: Omit<FoundingNode, "note">;
  /** The machines that are to found, the first by deciding when. */
  readonly founders: readonly string[];
  /** All others that seem alive. */
  readonly others: readonly FoundingNode[];
  /** Others have been looked for long enough; a founder that is to be alone asks for nothing else. */
  readonly looked: boolean;
}

export type FoundingStep =
  /** Write down that these found, and then say so. */
  | { readonly do: "found"; readonly founders: Founders }
  /** There is a cluster without this node: begin with nothing and wait to be taken in. */
  | { readonly do: "join" }
  | { readonly do: "wait"; readonly say: FoundingNote; readonly why: string };

/** What a node with an empty log does next. */
export function foundingStep(view: FoundingView): FoundingStep {
  const { self, founders, others } = view;
  const existing = founded(view);
  if (existing !== undefined) return existing;
  if (others.some(({ name }) => name === self.name)) return wait(`another node says that it is ${self.name}`);
  if (!founders.includes(self.name)) return wait("nobody has founded the cluster yet");
  if (founders[0] !== self.name) return follow(view);
  if (founders.length > 1) return propose(view);
  return view.looked
    ? { do: "found", founders: { voters: [self.id], witnesses: [] } }
    : wait("it looks whether there is a cluster already");
}

/** What is to be done when somebody says that there is a cluster. */
function founded({ self, others }: FoundingView): FoundingStep | undefined {
  const notes = others.flatMap(({ note }) => (note?.kind === "founded" ? [note] : []));
  if (notes.length === 0) return undefined;
  const beginnings = new Map(notes.flatMap(({ founders: all }) => (all ? [[textOf(all), all]] : [])));
  const [beginning] = beginnings.values();
  // Founded with this node's own id: it is a founder that comes late.
  return beginnings.size === 1 && beginning!.voters.includes(self.id)
    ? { do: "found", founders: beginning! }
    : { do: "join" };
}

/** The first founder asks all others, and founds when all of them have agreed to the same. */
function propose({ self, founders, others }: FoundingView): FoundingStep {
  const named = founders
    .slice(1)
    .map((name) => ({ name, nodes: others.filter((node) => node.name === name) }));
  const missing = named.filter(({ nodes }) => nodes.length === 0).map(({ name }) => name);
  if (missing.length > 0) return wait(`it waits for ${missing.join(", ")}`);
  const twice = named.find(({ nodes }) => nodes.length > 1);
  if (twice !== undefined) return wait(`${twice.nodes.length} nodes say that they are ${twice.name}`);
  const all = [self, ...named.map(({ nodes }) => nodes[0]!)];
  const witnesses = all.filter(({ witness }) => witness).map(({ id }) => id);
  if (2 * witnesses.length >= all.length)
    return wait(`${witnesses.length} of ${all.length} founders are witnesses; most must hold the state`);
  const proposal: Founders = { voters: all.map(({ id }) => id).sort(), witnesses: witnesses.sort() };
  const hesitant = named
    .map(({ nodes }) => nodes[0]!)
    .filter(({ note }) => note?.kind !== "agree" || textOf(note.founders) !== textOf(proposal));
  if (hesitant.length === 0) return { do: "found", founders: proposal };
  const who = hesitant.map(({ name }) => name).join(", ");
  return wait(`it waits until ${who} agreed`, { kind: "propose", founders: proposal });
}

/** Every other founder agrees to what the first one proposes, if it is itself among them. */
function follow({ self, founders, others }: FoundingView): FoundingStep {
  const [first] = founders;
  const proposers = others.filter(({ name }) => name === first);
  if (proposers.length > 1) return wait(`${proposers.length} nodes say that they are ${first}`);
  const [proposer] = proposers;
  if (proposer === undefined) return wait(`it waits for ${first}, which founds`);
  const { note } = proposer;
  if (note?.kind !== "propose") return wait(`it waits until ${first} sees all founders`);
  const { voters } = note.founders;
  if (voters.length !== founders.length)
    return wait(`${first} names ${voters.length} founders, and the configuration here ${founders.length}`);
  if (!voters.includes(self.id)) return wait(`it waits until ${first} sees this node`);
  return wait(`it agreed, and waits for ${first}`, { kind: "agree", founders: note.founders });
}

function wait(why: string, say: FoundingNote = { kind: "empty" }): FoundingStep {
  return { do: "wait", say, why };
}
