import type { Machine, Topology } from "../../topology/topology.ts";
import { votersIn } from "../../topology/voters.ts";
import type { FileContext, FileSpec } from "../service.ts";
import { shellCheck, unitCheck } from "../unit-check.ts";
import { mountUnitName } from "./unit-name.ts";

export const KEEPER_UNIT = "mailbastion-quarantine.service";
export const KEEPER_PATH = `/etc/systemd/system/${KEEPER_UNIT}`;
const SCRIPT = "/usr/local/lib/mailbastion/keep-mounted.sh";

export function mountFiles(context: FileContext): readonly FileSpec[] {
  const { topology, machine } = context;
  const unit = mountUnitName(topology.storage.mountPath);
  const root = { owner: "root", group: "root", mode: "0644" } as const;
  return [
    {
      ...root,
      path: `/etc/systemd/system/${unit}`,
      content: {
        kind: "template",
        template: "mounts/quarantine.mount.hbs",
        view: mountView(topology, machine),
      },
      check: unitCheck(),
      // Counts from the next mount: mounting anew would take open files from under the mail node.
      action: { kind: "none" },
    },
    {
      ...root,
      path: SCRIPT,
      content: { kind: "template", template: "mounts/keep-mounted.sh.hbs", view: {} },
      check: shellCheck(),
      action: { kind: "none" },
      addressed: true,
    },
    {
      ...root,
      path: KEEPER_PATH,
      content: {
        kind: "template",
        template: "mounts/keep-mounted.service.hbs",
        view: { script: context.addressed(SCRIPT), unit: quoted(unit), path: topology.storage.mountPath },
      },
      check: unitCheck(),
      action: { kind: "restart", unit: KEEPER_UNIT },
    },
  ];
}

/** A machine with a brick asks itself first, the others are asked when it does not answer. */
function mountView(topology: Topology, machine: Machine): Readonly<Record<string, string>> {
  const addresses = votersIn(topology, "storage").map(({ address }) => address);
  const servers = [...addresses].sort(
    (a, b) => Number(b === machine.address) - Number(a === machine.address),
  );
  const [server, ...others] = servers;
  return {
    server: server!,
    volume: topology.storage.volume,
    path: topology.storage.mountPath,
    options: `_netdev,backup-volfile-servers=${others.join(":")}`,
  };
}

/** systemd reads backslash and percent in a command line; a unit's name may hold the first. */
function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("%", "%%");
}
