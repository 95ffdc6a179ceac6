import { UserError } from "../../support/errors.ts";
import { nearest } from "../../support/nearest.ts";
import { apply } from "./apply/runbook.ts";
import { backup } from "./backup/backup.ts";
import { restore } from "./backup/restore.ts";
import { drain } from "./drain/drain.ts";
import { undrain } from "./drain/undrain.ts";
import { failoverBalancer } from "./failover/balancer.ts";
import { failoverCache } from "./failover/cache.ts";
import { failoverDatabaseWriter } from "./failover/database-writer.ts";
import { failoverMailLeader } from "./failover/mail-leader.ts";
import { addMachine } from "./machines/add.ts";
import { removeMachine } from "./machines/remove.ts";
import { replaceMachine } from "./machines/replace.ts";
import { maintenanceEnter } from "./maintenance/enter.ts";
import { maintenanceExit } from "./maintenance/exit.ts";
import { recoverGalera } from "./recover/galera.ts";
import { recoverStorage } from "./recover/storage.ts";
import { rotateCertificates } from "./rotate/certificates.ts";
import { rotateSecrets } from "./rotate/secrets.ts";
import { rollingRestart } from "./rolling/restart.ts";
import type { AnyRunbook } from "./runbook.ts";
import { upgrade } from "./upgrade/upgrade.ts";

/** Every runbook there is, by the name under which journals know it. */
export const runbooks: readonly AnyRunbook[] = [
  apply,
  drain,
  undrain,
  maintenanceEnter,
  maintenanceExit,
  failoverBalancer,
  failoverCache,
  failoverDatabaseWriter,
  failoverMailLeader,
  rollingRestart,
  upgrade,
  recoverGalera,
  recoverStorage,
  addMachine,
  removeMachine,
  replaceMachine,
  rotateSecrets,
  rotateCertificates,
  backup,
  restore,
];

/** Throws RUNBOOK_UNKNOWN. */
export function findRunbook(name: string, known: readonly AnyRunbook[] = runbooks): AnyRunbook {
  const found = known.find((runbook) => runbook.name === name);
  if (found) return found;
  const names = known.map((runbook) => runbook.name);
  const near = nearest(name, names);
  throw new UserError(
    "RUNBOOK_UNKNOWN",
    `there is no runbook ${JSON.stringify(name)}`,
    near ? `did you mean ${near}?` : `there are ${names.join(", ")}`,
  );
}
