import type { OperationId } from "../../../contract/api-operations.ts";
import { deleteAccount, getAccounts, putAccount } from "./accounts.ts";
import { getAudit } from "./audit.ts";
import { getConfig, putConfig } from "./config.ts";
import type { Handler } from "./handler.ts";
import { getLeader, postLeader } from "./leader.ts";
import { getMaintenance, postMaintenance } from "./maintenance.ts";
import { getMembers, postMembers } from "./members.ts";
import { getNodes } from "./nodes.ts";
import { deleteState, getState, putState } from "./state.ts";
import { getStatus } from "./status.ts";

/** Who does which operation. */
export const HANDLERS: { readonly [Id in OperationId]: Handler<Id> } = {
  getStatus,
  getNodes,
  getState,
  putState,
  deleteState,
  getMaintenance,
  postMaintenance,
  getConfig,
  putConfig,
  getMembers,
  postMembers,
  getLeader,
  postLeader,
  getAccounts,
  putAccount,
  deleteAccount,
  getAudit,
};
