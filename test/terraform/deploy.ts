import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));

export const hasTerraform = spawnSync("terraform", ["version"]).status === 0;

export interface Outcome {
  readonly code: number;
  /** Standard output and error as they came, without colours. */
  readonly output: string;
}

export interface ProjectOptions {
  /** The text of cluster.yaml. */
  readonly cluster: string;
  /**
   * What the rollout runs instead of mbctl: program and arguments.
   *
   * @default - the app of this package, stacks/main.ts, with mbctl itself
   */
  readonly apply?: readonly string[];
  /** Added to the environment of every command: keys, switches of the command that is run instead of mbctl. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A user's project in a folder of its own, deployed with the real cdktf and the real Terraform.
 *
 * Only platforms whose resources are built into Terraform work offline: `hosts`.
 */
export class DeployProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "mailbastion-deploy-"));
  readonly #environment: Record<string, string | undefined>;

  constructor(options: ProjectOptions) {
    this.describe(options.cluster);
    const script = options.apply ? ["test/terraform/stack.ts", ...options.apply] : ["stacks/main.ts"];
    const app = [process.execPath, join(root, script[0]!), ...script.slice(1)]
      .map((part) => `'${part}'`)
      .join(" ");
    const config = JSON.parse(readFileSync(join(root, "cdktf.json"), "utf8")) as object;
    writeFileSync(join(this.folder, "cdktf.json"), JSON.stringify({ ...config, app }));
    // A configuration file that is missing makes Terraform warn before every answer.
    this.#environment = { ...process.env, TF_CLI_CONFIG_FILE: undefined, ...options.environment };
  }

  /** Writes cluster.yaml. */
  describe(cluster: string): void {
    writeFileSync(join(this.folder, "cluster.yaml"), cluster);
  }

  /** Where a stack lies after a synthesis. */
  stackFolder(stack: string): string {
    return join(this.folder, "cdktf.out", "stacks", stack);
  }

  /** `cdktf deploy --auto-approve`, with more variables for this one run. */
  deploy(environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.#cdktf(["deploy", "--auto-approve"], environment);
  }

  /** `cdktf diff`: synthesises and plans. */
  plan(): Promise<Outcome> {
    return this.#cdktf(["diff"], {});
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #cdktf(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Outcome> {
    const child = spawn(process.execPath, [join(root, "bin", "cdktf.js"), ...args], {
      cwd: this.folder,
      env: { ...this.#environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return outcomeOf(child);
  }
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code: code ?? -1, output: stripVTControlCharacters(Buffer.concat(chunks).toString("utf8")) });
    });
  });
}

/** The machines of which a plan says that their trigger changes, in its order. */
export function machinesTouched(plan: string): readonly string[] {
  return [...plan.matchAll(/^\s*[~+-]\s+(\S+)\s+= \{$/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== "triggers_replace");
}
