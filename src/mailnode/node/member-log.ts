import type { Logger } from "pino";
import type { Env } from "../../support/env.ts";
import type { MembershipEvent } from "../membership/core/types.ts";

const AGAIN_MS = 60_000;
const MAX_KEPT = 256;

/** Says each problem once in a minute: a link that does not come about is dialled every second. */
export function saySeldom(log: Logger, env: Pick<Env, "monotonic">): (problem: string) => void {
  const said = new Map<string, number>();
  return (problem) => {
    const now = env.monotonic();
    if (now - (said.get(problem) ?? -Infinity) < AGAIN_MS) return;
    if (said.size >= MAX_KEPT) said.clear();
    said.set(problem, now);
    log.warn({ problem }, "a problem of the nodes' cluster");
  };
}

/** What gossip noticed, as a line of the log. */
export function logGossip(log: Logger, event: MembershipEvent): void {
  switch (event.kind) {
    case "joined":
    case "left":
    case "recovered":
      log.info(who(event.member), `gossip: ${event.kind}`);
      return;
    case "suspected":
    case "failed":
      log.warn(who(event.member), `gossip: ${event.kind}`);
      return;
    case "udp-blocked":
      log.warn(who(event.member), "gossip: it answers over TCP and not over UDP; look at the firewalls");
      return;
    case "conflict":
      log.error({ at: event.address }, "gossip: another node has this one's id; was the directory copied?");
      return;
    case "incarnations-exhausted":
      log.error("gossip: this node cannot refute any more; empty its directory and take it in anew");
      return;
    case "updated":
      return;
  }
}

function who({ id, address, metadata }: Extract<MembershipEvent, { member: unknown }>["member"]): object {
  return { peer: metadata.name, id, at: `${address.host}:${address.port}` };
}
