/*
 * What a description written in TypeScript needs, and a stack that reads its description from a file. The
 * constructs are in mailbastion/constructs, so that a description alone loads nothing of cdktf.
 */
export { defineCluster } from "./toolkit/spec/parse.ts";
export type { ClusterInput, ClusterSpec } from "./toolkit/spec/schema.ts";
export { loadCluster, type LoadedCluster } from "./toolkit/project/load-cluster.ts";
export { secretVersions } from "./toolkit/project/secret-versions.ts";
export { describeFault, type Fault, FaultsError, UserError } from "./support/errors.ts";
