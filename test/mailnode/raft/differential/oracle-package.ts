/**
 * The oracle: a port of etcd's raft, the npm package @coaty/consensus.raft. Only what it ported is loaded; its own
 * network and database, which it would load for the sake of one constant, are not.
 */
import { createRequire, Module } from "node:module";
import type * as confChangeModule from "@coaty/consensus.raft/ported/confchange/confchange.js";
import type * as restoreModule from "@coaty/consensus.raft/ported/confchange/restore.js";
import type * as loggerModule from "@coaty/consensus.raft/ported/logger.js";
import type * as quorumModule from "@coaty/consensus.raft/ported/quorum/quorum.js";
import type * as raftModule from "@coaty/consensus.raft/ported/raft.js";
import type * as messageModule from "@coaty/consensus.raft/ported/raftpb/raft.pb.js";
import type * as rawNodeModule from "@coaty/consensus.raft/ported/rawnode.js";
import type * as storageModule from "@coaty/consensus.raft/ported/storage.js";
import type * as inflightsModule from "@coaty/consensus.raft/ported/tracker/inflights.js";
import type * as progressModule from "@coaty/consensus.raft/ported/tracker/progress.js";
import type * as trackerModule from "@coaty/consensus.raft/ported/tracker/tracker.js";

const PACKAGE = "@coaty/consensus.raft";
const require = createRequire(import.meta.url);
// In the place of all that was not ported.
const controller = require.resolve(`${PACKAGE}/non-ported/raft-controller`);
require.cache[controller] = Object.assign(new Module(controller), {
  loaded: true,
  exports: { emptyRaftData: null },
});

export const { Raft, RaftConfig, StateType } = require(`${PACKAGE}/ported/raft`) as typeof raftModule;
export const { RawNode } = require(`${PACKAGE}/ported/rawnode`) as typeof rawNodeModule;
export const { MemoryStorage } = require(`${PACKAGE}/ported/storage`) as typeof storageModule;
export const { discardLogger } = require(`${PACKAGE}/ported/logger`) as typeof loggerModule;
export const { Changer } = require(`${PACKAGE}/ported/confchange/confchange`) as typeof confChangeModule;
export const { Restore } = require(`${PACKAGE}/ported/confchange/restore`) as typeof restoreModule;
export const { VoteResult } = require(`${PACKAGE}/ported/quorum/quorum`) as typeof quorumModule;
export const { NewInflights } = require(`${PACKAGE}/ported/tracker/inflights`) as typeof inflightsModule;
export const { Progress } = require(`${PACKAGE}/ported/tracker/progress`) as typeof progressModule;
export const { MakeProgressTracker } = require(`${PACKAGE}/ported/tracker/tracker`) as typeof trackerModule;
export const pb = require(`${PACKAGE}/ported/raftpb/raft.pb`) as typeof messageModule;

export type OracleRaft = raftModule.Raft;
export type OracleNodeCore = rawNodeModule.RawNode;
export type OracleMessage = messageModule.Message;
export type OracleEntry = messageModule.Entry;
export type OracleSnapshot = messageModule.Snapshot;
export type OracleMembers = messageModule.ConfState;
export type OracleChange = messageModule.ConfChangeV2;
