import { Container } from "@cdktf/provider-docker/lib/container/index.js";
import type { Image } from "@cdktf/provider-docker/lib/image/index.js";
import type { Network } from "@cdktf/provider-docker/lib/network/index.js";
import type { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
import { Construct } from "constructs";
import type { ContainerShape, VolumeShape } from "../containers/shape.ts";
import { FROZEN_CONTAINER_ATTRIBUTES, FROZEN_VOLUME_ATTRIBUTES } from "./frozen-attributes.ts";
import { toLabels } from "./labels.ts";

const MACHINE_CONTAINER = Symbol.for("mailbastion/MachineContainer");

export interface MachineContainerProps {
  /** What the machine is as a container. */
  readonly shape: ContainerShape;
  /** The volumes that the shape mounts. */
  readonly volumes: readonly VolumeShape[];
  /** The image, already on the engine: named by its id, so that a moved tag is no change. */
  readonly image: Image;
  /** The network that the machine's address belongs to. */
  readonly network: Network;
  /** The engine it runs on. */
  readonly provider: DockerProvider;
}

/**
 * One machine of a cluster, made by Docker: its container and its volumes.
 *
 * Once made, Terraform keeps its hands off it. See docs/reference/constructs.md for what that means. Terraform's
 * names for what is made (docker_container.node-1) come from the description, not from the place in the tree of
 * constructs: else moving a construct would destroy one machine and make another.
 */
export class MachineContainer extends Construct {
  static isMachineContainer(value: unknown): value is MachineContainer {
    return typeof value === "object" && value !== null && MACHINE_CONTAINER in value;
  }

  /** The machine's name in the description. */
  readonly machine: string;
  readonly container: Container;
  readonly volumes: readonly Volume[];

  constructor(scope: Construct, id: string, props: MachineContainerProps) {
    super(scope, id);
    Object.defineProperty(this, MACHINE_CONTAINER, { value: true });
    this.machine = props.shape.machine;
    this.volumes = props.volumes.map((volume) => this.#makeVolume(volume, props.provider));
    this.container = this.#makeContainer(props);
  }

  #makeVolume(volume: VolumeShape, provider: DockerProvider): Volume {
    const made = new Volume(this, volume.name, {
      provider,
      name: volume.name,
      driver: "local",
      labels: toLabels(volume.labels),
      lifecycle: { preventDestroy: true, ignoreChanges: [...FROZEN_VOLUME_ATTRIBUTES] },
    });
    made.overrideLogicalId(volume.name);
    return made;
  }

  /*
   * What the engine would fill in by itself is written out, as the engine reports it (capabilities with their
   * prefix, the id of the image): a provider that reads it back then finds nothing to correct.
   */
  #makeContainer({ shape, image, network, provider }: MachineContainerProps): Container {
    const made = new Container(this, "container", {
      provider,
      name: shape.name,
      image: image.imageId,
      hostname: shape.hostname,
      labels: toLabels(shape.labels),

      // A machine's first process is its init system, whatever the image would start.
      entrypoint: ["/sbin/init"],
      user: "root",
      workingDir: "/",
      stopSignal: shape.stopSignal,
      stopTimeout: shape.stopTimeoutS,
      destroyGraceSeconds: shape.stopTimeoutS,
      restart: shape.restart,
      // With must_run, the provider deletes a container that it finds stopped: at a refresh, before any plan.
      mustRun: false,
      start: true,
      rm: false,
      attach: false,
      init: false,
      tty: false,
      stdinOpen: false,
      readOnly: false,
      removeVolumes: false,

      privileged: false,
      ...(shape.capabilities.length > 0 && {
        capabilities: { add: shape.capabilities.map(withPrefix).toSorted() },
      }),
      devices: shape.devices.map((path) => ({ hostPath: path, containerPath: path, permissions: "rwm" })),
      cgroupnsMode: shape.cgroupns,
      ipcMode: "private",
      sysctls: { ...shape.sysctls },

      tmpfs: { ...shape.tmpfs },
      mounts: [
        ...shape.binds.map((bind) => ({
          type: "bind",
          source: bind.hostPath,
          target: bind.path,
          readOnly: bind.readOnly,
        })),
        ...shape.volumes.map(({ volume, path }) => ({
          type: "volume",
          source: this.#volumeNamed(volume).name,
          target: path,
          readOnly: false,
        })),
      ],

      upload: shape.uploads.map(({ path, mode, content }) => ({ file: path, permissions: mode, content })),

      // The engine calls the mode "bridge" for every container that is attached to named networks alone.
      networkMode: "bridge",
      networksAdvanced: [{ name: network.name, ipv4Address: shape.address }],
      publishAllPorts: false,

      logDriver: "json-file",
      logOpts: { "max-file": "3", "max-size": "10m" },

      lifecycle: { ignoreChanges: [...FROZEN_CONTAINER_ATTRIBUTES] },
    });
    made.overrideLogicalId(shape.machine);
    return made;
  }

  #volumeNamed(name: string): Volume {
    const volume = this.volumes.find((candidate) => candidate.nameInput === name);
    if (!volume) throw new Error(`${this.node.path} mounts volume ${name}, which is not among its volumes`);
    return volume;
  }
}

/** Docker reports NET_ADMIN as CAP_NET_ADMIN. */
function withPrefix(capability: string): string {
  return capability.startsWith("CAP_") ? capability : `CAP_${capability}`;
}
