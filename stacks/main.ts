import { App } from "cdktf";
import { readFile } from "node:fs/promises";
import { UserError } from "../src/support/errors.ts";
import { ClusterStack } from "../src/toolkit/constructs/index.ts";
import { loadCluster } from "../src/toolkit/project/load-cluster.ts";
import { secretVersions } from "../src/toolkit/project/secret-versions.ts";

/*
 * The app of `cdktf synth` and `cdktf deploy`: one stack, of the cluster that MAILBASTION_CLUSTER_FILE describes,
 * else cluster.yaml or cluster.ts here. MAILBASTION_AUTHORIZED_KEY_FILE names the public key that may log in to
 * machines made by Docker.
 */
async function main(): Promise<void> {
  const { MAILBASTION_CLUSTER_FILE: file, MAILBASTION_AUTHORIZED_KEY_FILE: keyFile } = process.env;
  const { spec, directory } = await loadCluster(file);
  const app = new App();
  new ClusterStack(app, spec, {
    project: directory,
    versionOf: await secretVersions(directory, spec),
    ...(keyFile && { authorizedKey: await readAuthorizedKey(keyFile) }),
  });
  app.synth();
}

async function readAuthorizedKey(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(
      "AUTHORIZED_KEY_UNREADABLE",
      `MAILBASTION_AUTHORIZED_KEY_FILE names ${path}, which cannot be read`,
      "name the public half of your SSH key, such as ~/.ssh/id_ed25519.pub",
      { cause: error },
    );
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.remedy}\n`);
  process.exitCode = 1;
}
