import type { FileContext, FileSpec } from "../service.ts";
import { STAGED } from "../service.ts";
import { dropInCheck } from "../unit-check.ts";
import { keepalivedView } from "./view.ts";

export const UNIT = "keepalived.service";
export const CONFIG_PATH = "/etc/keepalived/keepalived.conf";

/** The files of a balancer's keepalived. */
export function keepalivedFiles(context: FileContext): readonly FileSpec[] {
  return [config(context), dropIn(context)];
}

function config(context: FileContext): FileSpec {
  return {
    path: CONFIG_PATH,
    owner: "root",
    group: "root",
    mode: "0644",
    content: { kind: "template", template: "keepalived/keepalived.conf.hbs", view: keepalivedView(context) },
    // Fails too where the interface or a script is missing, so it holds on the machine itself only.
    check: { kind: "command", argv: ["keepalived", "-t", "-f", STAGED] },
    action: { kind: "reload", unit: UNIT },
  };
}

function dropIn({ topology }: FileContext): FileSpec {
  return {
    path: "/etc/systemd/system/keepalived.service.d/50-mailbastion.conf",
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "keepalived/unit-drop-in.conf.hbs",
      view: { vip: topology.network.vip },
    },
    check: dropInCheck(UNIT),
    // What it sets is used at the next start or stop; nothing is owed now.
    action: { kind: "none" },
  };
}
