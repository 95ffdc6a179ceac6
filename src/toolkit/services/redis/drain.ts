import { PORTS } from "../../../contract/ports.ts";
import { ask, script, type Command } from "../../steps/command.ts";
import type { Gate } from "../../steps/step.ts";
import type { Machine } from "../../topology/topology.ts";
import { setInCache } from "./form-cache.ts";
import { CONFIG_PATH, PRESENT_PASSWORD } from "./names.ts";

/** Redis's default, and that of every cache that is not drained. */
const PRIORITY = "100";
/** "A replica with this priority is never selected by Sentinel for promotion" (redis.conf, replica-priority). */
const NEVER = "0";

/**
 * Keeps Sentinel from making this cache the master, over restarts too. It is no setting of the description: apply
 * compares those and would take it back.
 */
export function bePassedOver(machine: Machine): Command {
  return setInCache(machine, ["replica-priority", NEVER]);
}

/** Takes that back. */
export function beEligible(machine: Machine): Command {
  return setInCache(machine, ["replica-priority", PRIORITY]);
}

export function isPassedOver(machine: Machine): Gate {
  return hasPriority(machine, NEVER, "Sentinel passes this cache over");
}

export function isEligible(machine: Machine): Gate {
  return hasPriority(machine, PRIORITY, "Sentinel may choose this cache");
}

function hasPriority(machine: Machine, priority: string, title: string): Gate {
  const args = [machine.address, String(PORTS.cache), CONFIG_PATH, priority];
  return { title, command: ask(script(HAS_PRIORITY, args)), timeoutMs: 30_000, intervalMs: 500 };
}

const HAS_PRIORITY = `${PRESENT_PASSWORD}
REDISCLI_AUTH=$(present_password "$3")
export REDISCLI_AUTH
found=$(timeout 5 redis-cli -h "$1" -p "$2" CONFIG GET replica-priority | sed -n 2p)
[ "$found" = "$4" ] || { echo "replica-priority is $found" >&2; exit 1; }`;
