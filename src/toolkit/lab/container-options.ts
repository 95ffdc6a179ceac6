import type { ContainerCreateOptions } from "dockerode";
import { shortHash } from "../../support/hash.ts";
import type { ContainerShape, VolumeShape } from "../containers/shape.ts";
import { SHAPE_LABEL } from "./labels.ts";

/** A shape as the engine's API wants it. The shape's own hash goes on as a label. */
export function containerOptions(shape: ContainerShape): ContainerCreateOptions {
  return {
    name: shape.name,
    Hostname: shape.hostname,
    Image: shape.image,
    Labels: { ...shape.labels, [SHAPE_LABEL]: shapeHash(shape) },
    StopSignal: shape.stopSignal,
    StopTimeout: shape.stopTimeoutS,
    NetworkingConfig: {
      EndpointsConfig: { [shape.network]: { IPAMConfig: { IPv4Address: shape.address } } },
    },
    HostConfig: {
      NetworkMode: shape.network,
      CapAdd: [...shape.capabilities],
      Devices: shape.devices.map((path) => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: "rwm",
      })),
      Sysctls: { ...shape.sysctls },
      Tmpfs: { ...shape.tmpfs },
      Binds: shape.binds.map(
        ({ hostPath, path, readOnly }) => `${hostPath}:${path}:${readOnly ? "ro" : "rw"}`,
      ),
      Mounts: shape.volumes.map(({ volume, path }) => ({ Type: "volume", Source: volume, Target: path })),
      // No name leads out of the lab: the engine's resolver is to ask nobody, and programs not to wait 20 s for that.
      Dns: ["127.0.0.1"],
      DnsOptions: ["timeout:1", "attempts:1"],
      CgroupnsMode: shape.cgroupns,
      RestartPolicy: { Name: shape.restart },
    } as NonNullable<ContainerCreateOptions["HostConfig"]>,
  };
}

export function volumeOptions(shape: VolumeShape): {
  readonly Name: string;
  readonly Labels: Record<string, string>;
} {
  return { Name: shape.name, Labels: { ...shape.labels } };
}

/** Tells two shapes apart, whatever the order in which they were written. */
export function shapeHash(shape: ContainerShape): string {
  return shortHash(JSON.stringify(shape));
}
