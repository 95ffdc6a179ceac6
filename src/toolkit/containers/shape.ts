/**
 * What a machine is as a container, as plain data: the Docker constructs and the lab are built from the same shapes.
 */
export interface Shapes {
  readonly networks: readonly NetworkShape[];
  readonly volumes: readonly VolumeShape[];
  readonly containers: readonly ContainerShape[];
}

export interface NetworkShape {
  readonly name: string;
  readonly cidr: string;
  /** No way out of it, as in the lab. */
  readonly internal: boolean;
  readonly driver: "bridge" | "macvlan";
  readonly labels: Readonly<Record<string, string>>;
}

export interface VolumeShape {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerShape {
  readonly machine: string;
  /** The container's name: unique on its engine. */
  readonly name: string;
  readonly hostname: string;
  readonly image: string;
  readonly network: string;
  readonly address: string;
  /** Added to Docker's defaults; sorted, so that a plan sees no order. */
  readonly capabilities: readonly string[];
  readonly devices: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly volumes: readonly { readonly volume: string; readonly path: string }[];
  readonly binds: readonly { readonly hostPath: string; readonly path: string; readonly readOnly: boolean }[];
  readonly cgroupns: "host" | "private";
  /** systemd's own: it stops its services in order on this signal. */
  readonly stopSignal: string;
  readonly stopTimeoutS: number;
  readonly restart: "unless-stopped" | "no";
  readonly labels: Readonly<Record<string, string>>;
}
