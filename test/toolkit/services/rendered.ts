import { render } from "../../../src/toolkit/bundle/render.ts";
import type { FileSpec, Listener, Service } from "../../../src/toolkit/services/service.ts";
import { machineNamed, type Topology } from "../../../src/toolkit/topology/topology.ts";
import { sampleContext } from "./sample-context.ts";

/** The one file of the service on the machine whose path ends so; throws when there is none or more than one. */
export function fileOf(
  service: Service,
  topology: Topology,
  machine: string,
  pathEndsWith: string,
  listeners: readonly Listener[] = [],
): FileSpec {
  const context = sampleContext(topology, machineNamed(topology, machine), listeners);
  const [file, ...more] = service.files(context).filter(({ path }) => path.endsWith(pathEndsWith));
  if (!file || more.length > 0) throw new Error(`${service.name} has not exactly one file ${pathEndsWith}`);
  return file;
}

/** The text of that file, with the placeholders of version 1. */
export function rendered(...args: Parameters<typeof fileOf>): string {
  return render(fileOf(...args).content, "made by a test");
}

/** The settings of a configuration: its lines without indentation, comments and empty ones. */
export function settingsOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The settings of one section of an haproxy.cfg, such as "listen smtp", without its header. */
export function sectionOf(text: string, header: string): readonly string[] {
  const lines = text.split("\n");
  const start = lines.indexOf(header);
  if (start < 0) throw new Error(`no section ${header}`);
  const end = lines.findIndex((line, index) => index > start && /^[a-z]/.test(line));
  return settingsOf(lines.slice(start + 1, end < 0 ? undefined : end).join("\n"));
}
