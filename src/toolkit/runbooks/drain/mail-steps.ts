import * as haproxy from "../../services/haproxy/drain.ts";
import type { Step } from "../../steps/step.ts";

/*
 * What a balancer is told when a mail node is taken out and put back.
 */

/**
 * How long sessions may end by themselves before the mail node sends 421 into those that are left: short ones are over
 * then, and only clients that keep a session open between messages ever see it. In seconds.
 */
export const BY_THEMSELVES_S = 15;

/** Takes the mail node of a machine out. Whether that is taken back, by `haproxy.putBack`, is its runbook's to say. */
export function outOf(balancer: string, name: string, mark: string): Step {
  return {
    title: `send ${name} no new session`,
    machine: balancer,
    commands: haproxy.takeOut(name, mark),
    verify: haproxy.isOut(name),
  };
}

/** Waits for the sessions with it, for `seconds` at most. */
export function letEnd(balancer: string, name: string, seconds = BY_THEMSELVES_S): Step {
  return {
    title: `let short sessions with ${name} end by themselves`,
    machine: balancer,
    commands: [haproxy.letSessionsEnd(name, seconds)],
  };
}

/** Puts it back, and proves that it gets sessions. */
export function backInto(balancer: string, name: string): Step {
  return {
    title: `send sessions to ${name} again`,
    machine: balancer,
    commands: haproxy.putBack(name),
    verify: haproxy.isServing(name),
  };
}
