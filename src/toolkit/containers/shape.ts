/**
 * What a machine is as a container, as plain data: the Docker constructs and the lab are built from the same shapes.
 */
export interface Shapes {
  readonly networks: readonly NetworkShape[];
  readonly volumes: readonly VolumeShape[];
  /** In the order of the topology's machines. */
  readonly containers: readonly ContainerShape[];
}

export interface NetworkShape {
  readonly name: string;
  readonly cidr: string;
  /** The engine's own address in the network: the lowest that no machine and not the VIP has. */
  readonly gateway: string;
  /** No way out of it, as in the lab. */
  readonly internal: boolean;
  readonly driver: "bridge";
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
  readonly volumes: readonly VolumeMount[];
  readonly binds: readonly { readonly hostPath: string; readonly path: string; readonly readOnly: boolean }[];
  readonly cgroupns: "host";
  /** Put into the container when it is made, never again. */
  readonly uploads: readonly Upload[];
  /** systemd's own: it stops its services in order on this signal. */
  readonly stopSignal: string;
  readonly stopTimeoutS: number;
  readonly restart: "unless-stopped" | "no";
  readonly labels: Readonly<Record<string, string>>;
}

export interface VolumeMount {
  readonly volume: string;
  readonly path: string;
}

export interface Upload {
  readonly path: string;
  /** Octal as text, "0600". The owner is root. */
  readonly mode: string;
  readonly content: string;
}
