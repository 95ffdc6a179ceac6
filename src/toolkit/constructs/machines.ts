import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { relative } from "node:path";
import { describeFault, type Fault, FaultsError } from "../../support/errors.ts";
import { buildBundles } from "../bundle/build.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { loadOverrides } from "../bundle/load-overrides.ts";
import { shapes } from "../containers/shapes.ts";
import { parseCluster } from "../spec/parse.ts";
import type { ClusterSpec } from "../spec/schema.ts";
import { resolve } from "../topology/resolve.ts";
import { type Machine, machinesWith, type Role, type Topology } from "../topology/topology.ts";
import { isVotingTier, votersIn } from "../topology/voters.ts";
import { bundleManifest } from "./bundle-manifest.ts";
import { DockerEngine } from "./docker-engine.ts";
import { FolderSynthesizer } from "./folder-synthesizer.ts";
import type { MachineContainer } from "./machine-container.ts";
import { writeStackFolder } from "./stack-folder.ts";

const MACHINES = Symbol.for("mailbastion/Machines");

export interface MachinesProps {
  /** The description, as defineCluster or loadCluster returned it. */
  readonly cluster: ClusterSpec;
  /**
   * The version of a secret that the vault holds, so that a rotation changes the files that hold it.
   *
   * @default - every secret is in its first version
   */
  readonly versionOf?: (secret: string) => string;
  /**
   * The folder of the description, where the vault, the known hosts and the overrides lie. The bundles hold what those
   * add, because apply adds it too.
   *
   * @default - the current folder
   */
  readonly project?: string;
  /**
   * The image of the containers, on the platform `docker`.
   *
   * @default - the machine image that mbctl built last on the engine
   */
  readonly image?: string;
  /**
   * The public key, in OpenSSH's format, that may log in to the containers as root.
   *
   * @default - what the image brings
   */
  readonly authorizedKey?: string;
}

/**
 * The machines that the tiers of a stack run on, each made once, however many tiers share it.
 *
 * On the platform `docker` it holds the provider, image, network, containers and volumes. On `hosts` it holds
 * nothing, as the machines exist. At synthesis it writes what each machine is to hold into the stack's folder.
 */
export class Machines extends Construct {
  static isMachines(value: unknown): value is Machines {
    return typeof value === "object" && value !== null && MACHINES in value;
  }

  readonly topology: Topology;
  readonly #props: MachinesProps;
  readonly #project: string;
  readonly #required = new Set<string>();
  readonly #containers = new Map<string, MachineContainer>();
  #engine: DockerEngine | undefined;
  #built: { readonly bundles: readonly Bundle[]; readonly faults: readonly Fault[] } | undefined;

  constructor(scope: Construct, id: string, props: MachinesProps) {
    super(scope, id);
    Object.defineProperty(this, MACHINES, { value: true });
    this.#props = props;
    this.#project = props.project ?? ".";
    this.topology = resolve(props.cluster);
    this.node.addValidation({ validate: () => this.#faults() });
    const stack = TerraformStack.of(this);
    stack.synthesizer = new FolderSynthesizer(stack, (folder) =>
      writeStackFolder(
        folder,
        this.topology,
        bundleManifest(relative(folder, this.#project), this.bundles),
        this.bundles,
      ),
    );
  }

  /**
   * The machines of a role, in the order of the description. They come into the stack, and with them the witness where
   * it votes in their tier; on Docker, those that are not made yet are made.
   */
  require(role: Role): readonly Machine[] {
    const members = machinesWith(this.topology, role);
    for (const { name } of isVotingTier(role) ? votersIn(this.topology, role) : members) {
      this.#required.add(name);
      this.#makeContainer(name);
    }
    return members;
  }

  /** Those that tiers have asked for so far, in the order of the description. */
  get required(): readonly Machine[] {
    return this.topology.machines.filter((machine) => this.#required.has(machine.name));
  }

  /** What the required machines are to hold. Renders the templates at its first call. */
  get bundles(): readonly Bundle[] {
    return this.#build().bundles.filter((bundle) => this.#required.has(bundle.machine));
  }

  /** The container of a machine; undefined where machines are not made by Docker. */
  containerOf(machine: string): MachineContainer | undefined {
    return this.#containers.get(machine);
  }

  #makeContainer(machine: string): void {
    const { cluster, platform } = this.topology;
    if (platform.kind !== "docker" || this.#containers.has(machine)) return;
    const { image, authorizedKey } = this.#props;
    this.#engine ??= new DockerEngine(this, "engine", {
      alias: cluster,
      endpoint: platform.endpoint,
      shapes: shapes(this.topology, { ...(image && { image }), ...(authorizedKey && { authorizedKey }) }),
    });
    this.#containers.set(machine, this.#engine.makeMachine(this, machine));
  }

  /* A second look at the description: one that was put together without defineCluster has seen no rule. */
  #faults(): string[] {
    const stack = TerraformStack.of(this);
    const others = stack.node.findAll().filter((node) => Machines.isMachines(node)).length - 1;
    return [
      ...faultsOf(() => parseCluster(this.#props.cluster, this.topology.cluster)).map(describeFault),
      ...this.#build().faults.map(describeFault),
      ...(others > 0
        ? [
            `stack ${stack.node.id} holds ${others + 1} sets of machines; a stack is one cluster: give each a stack of its own`,
          ]
        : []),
    ];
  }

  /* Faults wait for the validation, which reports those of the whole stack at once. */
  #build() {
    if (this.#built) return this.#built;
    let bundles: readonly Bundle[] = [];
    const { versionOf } = this.#props;
    const overrides = loadOverrides(this.#project);
    const faults = faultsOf(
      () => (bundles = buildBundles(this.topology, { ...(versionOf && { versionOf }), overrides })),
    );
    return (this.#built = { bundles, faults });
  }
}

function faultsOf(work: () => unknown): readonly Fault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof FaultsError) return error.faults;
    throw error;
  }
}
