import { Image } from "@cdktf/provider-docker/lib/image/index.js";
import { Network } from "@cdktf/provider-docker/lib/network/index.js";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { Construct } from "constructs";
import type { NetworkShape, Shapes } from "../containers/shape.ts";
import { FROZEN_NETWORK_ATTRIBUTES } from "./frozen-attributes.ts";
import { toLabels } from "./labels.ts";
import { MachineContainer } from "./machine-container.ts";
import { requireOneCore } from "./one-core.ts";

export interface DockerEngineProps {
  /** The provider's alias; it leaves the stack's author free to have a Docker provider of their own. */
  readonly alias: string;
  /** Where the engine listens, "unix:///var/run/docker.sock" or "ssh://user@host". */
  readonly endpoint: string;
  /** All that may be made on it. */
  readonly shapes: Shapes;
}

/** One Docker engine, with what its containers share: the provider, networks and images. Throws CDKTF_TWO_CORES. */
export class DockerEngine extends Construct {
  readonly provider: DockerProvider;
  readonly #shapes: Shapes;
  readonly #networks: ReadonlyMap<string, Network>;
  readonly #images: ReadonlyMap<string, Image>;

  constructor(scope: Construct, id: string, props: DockerEngineProps) {
    super(scope, id);
    requireOneCore();
    this.#shapes = props.shapes;
    this.provider = new DockerProvider(this, "provider", { alias: props.alias, host: props.endpoint });
    this.#networks = new Map(props.shapes.networks.map((shape) => [shape.name, this.#makeNetwork(shape)]));
    const images = new Set(props.shapes.containers.map((shape) => shape.image));
    this.#images = new Map([...images].map((name) => [name, this.#makeImage(name)]));
  }

  /** A machine of the shapes as a container on this engine, below `scope`. */
  makeMachine(scope: Construct, machine: string): MachineContainer {
    const shape = named(this.#shapes.containers, machine, (container) => container.machine);
    return new MachineContainer(scope, machine, {
      shape,
      volumes: shape.volumes.map(({ volume }) => named(this.#shapes.volumes, volume, ({ name }) => name)),
      image: this.#images.get(shape.image)!,
      network: this.#networks.get(shape.network)!,
      provider: this.provider,
    });
  }

  #makeNetwork(shape: NetworkShape): Network {
    const made = new Network(this, shape.name, {
      provider: this.provider,
      name: shape.name,
      driver: shape.driver,
      internal: shape.internal,
      attachable: false,
      ipv6: false,
      ipamDriver: "default",
      ipamConfig: [{ subnet: shape.cidr, gateway: shape.gateway }],
      labels: toLabels(shape.labels),
      lifecycle: { ignoreChanges: [...FROZEN_NETWORK_ATTRIBUTES] },
    });
    made.overrideLogicalId(shape.name);
    return made;
  }

  /* Taken from the engine when it is there, pulled when not, and never removed: other stacks may use it. */
  #makeImage(name: string): Image {
    return new Image(this, name, { provider: this.provider, name, keepLocally: true });
  }
}

function named<T>(items: readonly T[], name: string, nameOf: (item: T) => string): T {
  const item = items.find((candidate) => nameOf(candidate) === name);
  if (item === undefined) throw new Error(`no shape is called ${name}`);
  return item;
}
