import * as z from "zod";
import { clusterMemberSchema, clusterPartSchema } from "../../../contract/cluster-status.ts";
import { act, ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import { ONLY_IF_IT_RUNS, PATHS } from "./names.ts";
import { NODE_SAYS } from "./node-says.ts";

/*
 * The cluster of the mail nodes, as one of them sees it and is told. What changes it may be said to any node that
 * follows the leader; it hands it on.
 */

/** Of a node's own word about its cluster. A node of a later release may say more. */
export const mailClusterSchema = z.object({
  ...clusterPartSchema.shape,
  members: z.array(z.object(clusterMemberSchema.shape)),
});
export type MailCluster = z.infer<typeof mailClusterSchema>;

/** Asks the node of a machine how it is; exit code 0 where there is none, too. */
export function askForMailCluster(): Command {
  return ask(script(`${NODE_SAYS}\nnode_says "$1"`, [PATHS.program]), { timeoutMs: 30_000 });
}

/** What a node says of its cluster in the body of its health; undefined where it says nothing. */
export function parseMailCluster(health: string): MailCluster | undefined {
  try {
    return z.object({ cluster: mailClusterSchema }).safeParse(JSON.parse(health)).data?.cluster;
  } catch {
    return undefined;
  }
}

/** Whether a member has a say when a majority is counted. */
export function votes({ standing }: { readonly standing?: string | undefined }): boolean {
  return standing === "voter" || standing === "witness";
}

/** Whether it gives way to the others: by a drain of its machine, or by the cluster's own mark. */
export function isTakenOut(cluster: Pick<MailCluster, "state"> | undefined): boolean {
  return cluster?.state === "draining" || cluster?.state === "maintenance";
}

/** Takes a machine's node in, until it votes. One that is in already stays as it is. */
export function takeIn(node: string): Command {
  return act(script(INSIST, [PATHS.program, "add", node]), { timeoutMs: TAKE_IN_MS });
}

/** Takes in the node of a machine that came back with an empty disk, and its former self out. */
export function replaceFormer(node: string): Command {
  return act(script(INSIST, [PATHS.program, "replace", node]), { timeoutMs: TAKE_IN_MS });
}

/** Gossip may not have told everybody of the new node yet, nor that its former self is gone. To ask again does no harm. */
const INSIST = `
tries=30
until "$1" ctl member "$2" "$3"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 1
done`;

/** Takes a member out, by its machine or its id. What is none is no fault. */
export function takeOut(member: string): Command {
  return act([PATHS.program, "ctl", "member", "remove", member], { timeoutMs: 60_000 });
}

/** Gives the leadership to a machine's node, or to any that is fit. */
export function giveLeadership(to?: string): Command {
  const target = to === undefined ? [] : ["--to", to];
  return act([PATHS.program, "ctl", "transfer", ...target], { timeoutMs: 60_000 });
}

/** A snapshot of the whole state may have to be copied first. */
const TAKE_IN_MS = 5 * 60_000;

/** That the node says how its cluster is, or does not run: then it is for its probe to complain. */
export function tellsOfCluster(): Gate {
  return {
    title: "the mail node tells of its cluster",
    command: ask(script(`${ONLY_IF_IT_RUNS}${TELLS}`, [PATHS.program]), { timeoutMs: 30_000 }),
    timeoutMs: 60_000,
    intervalMs: 500,
  };
}

const TELLS = `
timeout 20 "$1" status 2>/dev/null | grep -q '"cluster":{' ||
  { echo "the mail node says nothing of its cluster" >&2; exit 1; }`;

/** The node's own word that it is a member and knows who leads. */
export function followsLeader(): Gate {
  return gate("the mail node is a member and follows a leader", FOLLOWS, [], 60_000);
}

/** The node's own word that another machine's leads. */
export function leadsElsewhere(machine: string): Gate {
  return gate(`another mail node than that of ${machine} leads`, LEADS_ELSEWHERE, [machine], 30_000);
}

/** Whether there is nothing to hand over on this machine: another one's node leads, or its own does not run. */
export function doesNotLead(machine: string): Command {
  const question = `${ONLY_IF_IT_RUNS}${SHELL}\n${LEADS_ELSEWHERE}`;
  return ask(script(question, [PATHS.program, machine]), { timeoutMs: 30_000 });
}

/** The node's own word that this machine's leads. */
export function isLedBy(machine: string): Gate {
  return gate(`the mail node of ${machine} leads`, IS_LED_BY, [machine], 30_000);
}

/** The node's own word that there is such a member, by its machine or its id, and that it has a vote. */
export function isVoter(member: string): Gate {
  return gate(`${member} is a member of the mail nodes' cluster with a vote`, IS_VOTER, [member], 60_000);
}

/** The node's own word that there is no such member, by its machine or its id. */
export function isNoMember(member: string): Gate {
  return gate(`${member} is no member of the mail nodes' cluster`, IS_NO_MEMBER, [member], 30_000);
}

function gate(title: string, question: string, args: readonly string[], timeoutMs: number): Gate {
  const command = ask(script(`${SHELL}\n${question}`, [PATHS.program, ...args]), { timeoutMs: 30_000 });
  return { title, command, timeoutMs, intervalMs: 500 };
}

/** The answer is JSON on one line, and what is looked for holds letters, digits, hyphens and dots only. */
const SHELL = `
program=$1 member=\${2:-}
shift
part=$(timeout 20 "$program" status 2>/dev/null | tr -d '\\n' | sed -n 's/.*"cluster":{\\(.*\\)/\\1/p' || true)
[ -n "$part" ] || { echo "the mail node says nothing of its cluster" >&2; exit 1; }
own=\${part%%'"members":'*}
members=$(printf '%s' "\${part#*'"members":'}" | tr '{' '\\n')
leader=$(printf '%s' "$own" | sed -n 's/.*"leader":"\\([^"]*\\)".*/\\1/p')
the_member() { printf '%s\\n' "$members" | grep -F -e "\\"node\\":\\"$member\\"" -e "\\"id\\":\\"$member\\"" || true; }`;

const FOLLOWS = `
case $own in *'"standing":'*) ;; *) echo "it is no member" >&2; exit 1 ;; esac
[ -n "$leader" ] || { echo "nobody leads" >&2; exit 1; }`;

const LEADS_ELSEWHERE = `
[ -n "$leader" ] && [ "$leader" != "$1" ] || { echo "\${leader:-nobody} leads" >&2; exit 1; }`;

const IS_LED_BY = `
[ "$leader" = "$1" ] || { echo "\${leader:-nobody} leads" >&2; exit 1; }`;

const IS_VOTER = `
the_member | grep -qE '"standing":"(voter|witness)"' ||
  { echo "$1 has no vote" >&2; exit 1; }`;

const IS_NO_MEMBER = `
[ -z "$(the_member)" ] || { echo "$1 is a member" >&2; exit 1; }`;
