import { App, DataResource, Lazy } from "cdktf";
import { Construct } from "constructs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machines } from "./machines.ts";

export interface RolloutProps {
  /** The machines to roll out to. */
  readonly machines: Machines;
  /**
   * Program and arguments, run without a shell in the folder of the stack.
   *
   * @default - `mbctl apply --yes --stack .`, with mbctl of this package by its path from the stack's folder
   */
  readonly command?: readonly [program: string, argument: string, ...more: string[]];
}

/**
 * The last resource of a stack: puts the bundles on the machines whenever a machine or its bundle has changed.
 *
 * Its trigger holds one entry per machine, so that a plan names the machines that it will touch. A rollout that
 * fails leaves it tainted, and the next deployment repeats it.
 */
export class Rollout extends Construct {
  readonly resource: DataResource;

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const command = props.command ?? [mbctlFrom(App.of(this)), "apply", "--yes", "--stack", "."];
    this.resource = new DataResource(this, "apply", {
      // Late, because tiers may still ask for machines, and because bundles are rendered at synthesis only.
      triggersReplace: Lazy.anyValue({ produce: () => triggers(props.machines) }) as unknown as Record<
        string,
        unknown
      >,
      provisioners: [
        {
          type: "local-exec",
          // Terraform appends the command to the interpreter: an argument list that no shell ever reads.
          interpreter: command.slice(0, -1),
          command: command.at(-1)!,
        },
      ],
    });
    this.resource.overrideLogicalId("apply");
  }
}

/* A reference to a container's id also makes Terraform create the container first. */
function triggers(machines: Machines): Record<string, { bundle: string; container?: string }> {
  return Object.fromEntries(
    machines.bundles.map(({ machine, hash }) => {
      const made = machines.containerOf(machine);
      return [machine, { bundle: hash, ...(made && { container: made.container.id }) }];
    }),
  );
}

/** From the folder of any stack of the app, cdktf.out/stacks/<name>, so that a checkout can be moved. */
function mbctlFrom(app: App): string {
  const stackFolder = join(app.outdir, "stacks", "name");
  return relative(stackFolder, fileURLToPath(new URL("../../../bin/mbctl.js", import.meta.url)));
}
