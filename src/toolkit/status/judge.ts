import type { Finding } from "./finding.ts";
import { adviceRules } from "./rules/advice.ts";
import { balancerRules } from "./rules/balancers.ts";
import { cacheRules } from "./rules/cache.ts";
import { certificateRules } from "./rules/certificates.ts";
import { databaseRules } from "./rules/database.ts";
import { drainRules } from "./rules/drains.ts";
import { machineRules } from "./rules/machines.ts";
import { mailRules } from "./rules/mail.ts";
import { memberRules } from "./rules/members.ts";
import { runRules } from "./rules/runs.ts";
import { storageRules } from "./rules/storage.ts";
import { vipRules } from "./rules/vip.ts";
import type { Rules, View } from "./view.ts";

const ALL: readonly Rules[] = [
  machineRules,
  vipRules,
  adviceRules,
  balancerRules,
  databaseRules,
  cacheRules,
  storageRules,
  mailRules,
  memberRules,
  drainRules,
  runRules,
  certificateRules,
];

const ORDER = ["critical", "warning", "note"];

/** Everything that keeps the cluster from being whole, and what is worth to know; the worst first. */
export function findings(view: View): readonly Finding[] {
  return inOrder(ALL.flatMap((rules) => rules(view)));
}

export function inOrder(found: readonly Finding[]): readonly Finding[] {
  return [...found].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
