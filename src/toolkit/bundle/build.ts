import { FaultsError } from "../../support/errors.ts";
import { sha256, shortHash } from "../../support/hash.ts";
import { interfacePlaceholder, secretPlaceholder } from "../../support/placeholder.ts";
import { markerLine } from "../services/marker.ts";
import { services as registry } from "../services/registry.ts";
import type { FileContent, FileContext, FileSpec, Listener, Service } from "../services/service.ts";
import type { Machine, Topology } from "../topology/topology.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { addressedPath } from "./addressed-path.ts";
import { ownershipFaults, portFaults } from "./ownership.ts";
import { overridden, unusedOverrides, type Override } from "./overrides.ts";
import { render } from "./render.ts";

export interface BundleOptions {
  /** The version of a secret that the vault holds now; "1" where nothing is known. */
  readonly versionOf?: (name: string) => string;
  /** Default: every service of the registry. */
  readonly services?: readonly Service[];
  /** What the project adds to generated files. */
  readonly overrides?: readonly Override[];
}

/**
 * Everything that every machine is to hold, in the order of the topology.
 *
 * Throws BUNDLE_CONFLICT, with all conflicts at once, when two services own one path or bind one port; OVERRIDE_CONFLICT
 * and OVERRIDE_UNUSED for what the project adds.
 */
export function buildBundles(topology: Topology, options: BundleOptions = {}): readonly Bundle[] {
  const bundles = topology.machines.map((machine) => buildBundle(topology, machine, options));
  const faults = unusedOverrides(options.overrides ?? [], bundles);
  if (faults.length > 0) throw new FaultsError("OVERRIDE_UNUSED", "the project's overrides", faults);
  return bundles;
}

export function buildBundle(topology: Topology, machine: Machine, options: BundleOptions = {}): Bundle {
  const services = (options.services ?? registry).filter((service) => service.runsOn(topology, machine));
  const listeners = services.flatMap((service) =>
    service.listens(topology, machine).map((listener) => ({ service: service.name, listener })),
  );
  const files = services.flatMap((service) =>
    serviceFiles(
      service,
      topology,
      machine,
      listeners.map(({ listener }) => listener),
      options,
    ),
  );
  const faults = [...ownershipFaults(machine, files), ...portFaults(topology, machine, listeners)];
  if (faults.length > 0) throw new FaultsError("BUNDLE_CONFLICT", `machine ${machine.name}`, faults);
  const beside = services.map((service) => [
    service.packages(topology, machine),
    service.users(topology, machine),
    service.units(topology, machine),
  ]);
  return { machine: machine.name, files, hash: sha256(JSON.stringify([files.map(identity), beside])) };
}

/*
 * Two passes: what lies under its hash is rendered first, so that the files which name it know its path. An
 * addressed file therefore cannot name another one.
 */
function serviceFiles(
  service: Service,
  topology: Topology,
  machine: Machine,
  listeners: readonly Listener[],
  options: BundleOptions,
): readonly BundleFile[] {
  const versionOf = options.versionOf ?? (() => "1");
  const hashes = new Map<string, string>();
  const context: FileContext = {
    topology,
    machine,
    secret: (name) => secretPlaceholder({ name, version: versionOf(name) }),
    interfaceOf: (address) => topology.network.interface ?? interfacePlaceholder(address),
    addressed: (path) => (hashes.has(path) ? addressedPath(path, hashes.get(path)!) : path),
    version: versionOf,
    listeners: () => listeners,
  };
  for (const file of service.files(context)) {
    if (file.addressed) hashes.set(file.path, shortHash(renderFile(file, service, topology)));
  }
  return service.files(context).map((file) => {
    const generated = renderFile(file, service, topology);
    const content = file.addressed
      ? generated
      : overridden(machine.name, file.path, generated, options.overrides ?? []);
    return toBundleFile(file, content, service.name, context);
  });
}

function renderFile(file: FileSpec, service: Service, topology: Topology): string {
  return render(file.content, marker(file.content, service, topology));
}

function marker(content: FileContent, service: Service, topology: Topology): string {
  const source =
    content.kind === "template" ? `templates/${content.template}` : `the ${service.name} service`;
  return markerLine(source, topology.cluster);
}

function toBundleFile(file: FileSpec, content: string, service: string, context: FileContext): BundleFile {
  return {
    service,
    path: context.addressed(file.path),
    owner: file.owner,
    group: file.group,
    mode: file.mode,
    content,
    hash: sha256(content),
    check: file.check,
    action: file.action,
    seedOnly: file.seedOnly ?? false,
    addressed: file.addressed ?? false,
  };
}

function identity(file: BundleFile): readonly string[] {
  return [file.path, file.owner, file.group, file.mode, file.hash];
}
