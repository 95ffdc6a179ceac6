import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import { CONFIG_PATH, PRESENT_PASSWORD, STOPPED } from "./names.ts";
import { setInCacheOrItsFile } from "./set-in-cache.ts";

/*
 * It can be told and taken back where Redis is stopped, too: a drain that is taken back, or begun again, after the services
 * of the machine were stopped must come to its end.
 */

/** Redis's default, and that of every cache that is not drained. */
const PRIORITY = "100";
/** "A replica with this priority is never selected by Sentinel for promotion" (redis.conf, replica-priority). */
const NEVER = "0";

/**
 * Keeps Sentinel from making this cache the master, over restarts too. It is no setting of the description: apply
 * compares those and would take it back.
 */
export function bePassedOver(machine: Machine): Command {
  return setInCacheOrItsFile(machine, "replica-priority", NEVER);
}

/** Takes that back. */
export function beEligible(machine: Machine): Command {
  return setInCacheOrItsFile(machine, "replica-priority", PRIORITY);
}

/** By the server's own word, or, where it is stopped, by its file. */
export function isPassedOver(machine: Machine): Gate {
  return gate(machine, NEVER, "Sentinel passes this cache over", `${STOPPED}${ITS_FILE}${ITS_WORD}`);
}

/** By the server's own word only: who gives a machine back wants to know that its cache is there. */
export function isEligible(machine: Machine): Gate {
  return gate(machine, PRIORITY, "Sentinel may choose this cache", ITS_WORD);
}

function gate(machine: Machine, priority: string, title: string, question: string): Gate {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH, priority];
  return { title, command: ask(script(question, args)), timeoutMs: 30_000, intervalMs: 500 };
}

const ITS_FILE = `
if stopped; then
  grep -qxF "replica-priority $4" "$3" || { echo "replica-priority is not $4 in $3" >&2; exit 1; }
  exit
fi`;

const ITS_WORD = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
found=$(timeout 5 redis-cli -h "$1" -p "$2" CONFIG GET replica-priority | sed -n 2p)
[ "$found" = "$4" ] || { echo "replica-priority is $found" >&2; exit 1; }`;
