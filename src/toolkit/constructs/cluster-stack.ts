import { LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { ClusterSpec } from "../spec/schema.ts";
import { MailCluster, type MailClusterOptions } from "./mail-cluster.ts";

/**
 * A stack that is one cluster, with its state in the project's folder.
 *
 * The backend is named because the default one writes an absolute path into cdk.tf.json: a checkout that is
 * moved would lose its state. Write a stack of your own for another backend.
 */
export class ClusterStack extends TerraformStack {
  readonly cluster: MailCluster;

  constructor(scope: Construct, cluster: ClusterSpec, options: MailClusterOptions = {}) {
    super(scope, cluster.name);
    // Terraform runs in cdktf.out/stacks/<name>.
    new LocalBackend(this, { path: `../../../terraform.${cluster.name}.tfstate` });
    this.cluster = new MailCluster(this, "cluster", cluster, options);
  }
}
