import { App, TerraformStack } from "cdktf";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCluster } from "../../../src/toolkit/spec/parse.ts";
import type { ClusterSpec } from "../../../src/toolkit/spec/schema.ts";
import { parseYaml } from "../../../src/toolkit/spec/yaml.ts";

/** The parts of cdk.tf.json that tests look at. */
export interface Synthesised {
  readonly terraform: { readonly backend: Record<string, unknown>; readonly required_providers: unknown };
  readonly provider?: Record<string, Record<string, unknown>[]>;
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
  readonly output?: Record<string, { readonly value: unknown }>;
}

/** An example of examples/, by its file name, as a person would load it. */
export function example(file: string): ClusterSpec {
  const path = new URL(`../../../examples/${file}`, import.meta.url);
  return parseCluster(parseYaml(readFileSync(path, "utf8"), file), file);
}

/** What `build` puts into a stack called "test", validations included, as its cdk.tf.json. */
export function synthesise(build: (stack: TerraformStack) => void): Synthesised {
  return inFolder((outdir) => {
    const app = new App({ outdir });
    build(new TerraformStack(app, "test"));
    app.synth();
    return readStack(outdir, "test");
  });
}

export function readStack(outdir: string, stack: string): Synthesised {
  return JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")) as Synthesised;
}

/** Runs `work` with a folder that is gone afterwards. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "mailbastion-synth-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
