import type { SecretRef } from "../../support/placeholder.ts";
import type { Command } from "../steps/command.ts";
import type { Phase } from "../steps/phase.ts";
import type { Gate } from "../steps/step.ts";
import type { Machine, Role, Topology } from "../topology/topology.ts";

/**
 * What a service must answer to be part of a machine. All answers are pure functions of the topology.
 *
 * A service lives in a folder of its own and is listed once, in registry.ts, in the order of starting.
 */
export interface Service {
  readonly name: string;
  runsOn(topology: Topology, machine: Machine): boolean;
  /**
   * Debian packages, and held: also those with a program of the service that come by themselves, where they may become newer
   * than what asks for them. Installed with the start of services blocked.
   */
  packages(topology: Topology, machine: Machine): readonly string[];
  /** System users (with a group of the same name) that must exist before the files are put. Those of packages are not named. */
  users(topology: Topology, machine: Machine): readonly string[];
  /** The ports it binds, and who may reach them: the firewall and the port rules are made of these. */
  listens(topology: Topology, machine: Machine): readonly Listener[];
  /** What the vault must hold for this service. */
  secrets(topology: Topology): readonly SecretRequest[];
  files(context: FileContext): readonly FileSpec[];
  units(topology: Topology, machine: Machine): readonly Unit[];
  /** Read-only: exit code 0 when the service on this machine does its work. */
  probe(topology: Topology, machine: Machine): Command;
  /** What must hold on all of its machines before one of them restarts it for a changed file; absent where nothing must. */
  restartGate?(): Gate;
  /** What makes members a cluster, run after the units are started. */
  form(context: FormContext): readonly Phase[];
  /** How a machine that stays is rid of it; absent where every machine has it. */
  readonly departure?: Departure;
  /** What its daemons live with and an apply must not change meanwhile; absent where it may change all. */
  fixed?(topology: Topology): readonly Fixed[];
}

/** What becomes of a service on a machine from which the description takes its role. */
export interface Departure {
  /** A file that apply puts wherever the service runs: without it, a unit of that name is somebody else's. */
  readonly file: string;
  /** Apply stops it, or refuses while it runs, as others count on it. */
  readonly by: "stop" | "refusal";
}

/** A value of the description that holds for as long as the service lives with it. */
export interface Fixed {
  /** In the description, "balancer.vrrp.routerId". */
  readonly path: string;
  readonly value: string;
  /** Shell text that prints the value that the machine lives with, one word, and nothing where it has none yet. */
  readonly present: string;
  /** Why it cannot change, and what to do: both follow the value. */
  readonly rule: string;
  readonly remedy: string;
}

export interface FormContext {
  readonly topology: Topology;
  /** The placeholder of a secret, for the standard input of a command. */
  secret(name: string): string;
}

export interface Listener {
  readonly port: number;
  /** The last port, where a service takes a range. */
  readonly lastPort?: number;
  readonly protocol: "tcp" | "udp";
  /** The address it binds: the machine's own, the VIP, loopback, or all of them. */
  readonly on: "machine" | "vip" | "loopback" | "all";
  /** Who may connect: anyone, machines that hold one of these roles, or nobody but the machine itself. */
  readonly from: "anyone" | "self" | readonly Role[];
  /** The program that may hold the port before us, as `ss` names it: our own, found there by a second apply. */
  readonly program: string;
}

/** Something the vault generates once, or reads from the operator's file. */
export type SecretRequest =
  | { readonly kind: "password"; readonly name: string; readonly length: number }
  /** So many random bytes, in base64. */
  | { readonly kind: "key"; readonly name: string; readonly bytes: number }
  | { readonly kind: "authority"; readonly name: string }
  | {
      /** A key and certificate of the cluster's CA: `${name}.key`, `${name}.crt`, and `${name}.pem` with both. */
      readonly kind: "certificate";
      readonly name: string;
      readonly authority: string;
      readonly commonName: string;
      readonly names: readonly string[];
      readonly addresses: readonly string[];
    }
  | {
      /** The operator's own: read again at each apply, its version is a hash of the certificate. Same three names. */
      readonly kind: "files";
      readonly name: string;
      readonly certificateFile: string;
      readonly keyFile: string;
    };

export interface FileContext {
  readonly topology: Topology;
  readonly machine: Machine;
  /** The placeholder of a secret, with the version that the vault holds now. */
  secret(name: string): string;
  /** The placeholder of the interface that carries an address of the machine. */
  interfaceOf(address: string): string;
  /** The path under which a content-addressed file of this service will lie. */
  addressed(path: string): string;
  /** Versions of secrets, for services that need more than the placeholder. */
  version(name: string): SecretRef["version"];
  /** Every listener of every service on this machine: what the firewall is made of. */
  listeners(): readonly Listener[];
}

export interface FileSpec {
  /** Absolute path on the machine. */
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  /** Octal as text, "0640". */
  readonly mode: string;
  readonly content: FileContent;
  /** The real program's own check, with STAGED where the path goes; or why there is none. */
  readonly check: FileCheck;
  readonly action: Action;
  /** Written until a daemon has made one of the cluster its own, then only where it is absent: the daemon rewrites it. */
  readonly seedOnly?: boolean;
  /** Put beside its hash and never overwritten, because another file names it. */
  readonly addressed?: boolean;
}

export type FileContent =
  | { readonly kind: "template"; readonly template: string; readonly view: Readonly<Record<string, unknown>> }
  | { readonly kind: "text"; readonly text: string };

export type FileCheck =
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      /** A program that apply puts there before the files and no package brings: without it the check says nothing. */
      readonly needs?: string;
    }
  | { readonly kind: "none"; readonly reason: string };

/** Stands in a check for the path of the file while it is staged; in a template's view for nothing. */
export const STAGED = "{staged}";

/** What happens when a file changed. Restarts come machine by machine, with the service's probe between. */
export type Action =
  | { readonly kind: "none" }
  | { readonly kind: "reload"; readonly unit: string }
  | { readonly kind: "restart"; readonly unit: string }
  /** For what is neither: `systemctl daemon-reload`, `nft -f`. */
  | { readonly kind: "run"; readonly command: Command };

export interface Unit {
  readonly name: string;
  readonly state: "running" | "masked" | "stopped";
  /** Started at boot. A masked unit is not. */
  readonly enabled: boolean;
  /** Started by the forming phases, not before them: a first database node must be bootstrapped. */
  readonly startedByForm?: boolean;
}
