import { AUTHORITY_SECRET, PUBLIC_SECRET } from "../public-certificate.ts";
import { DRAIN_MARKS } from "../../../contract/drain-mark.ts";
import { script } from "../../steps/command.ts";
import type { FileContext, FileSpec } from "../service.ts";
import { STAGED } from "../service.ts";
import { dropInCheck, shellCheck } from "../unit-check.ts";
import { MAIL_LISTENERS, PATHS, UNIT } from "./paths.ts";
import { haproxyView } from "./view.ts";

const reload = { kind: "reload", unit: UNIT } as const;

/*
 * HAProxy itself loads the file, from a configuration made for it. openssl would accept a key that does not
 * belong to the certificate.
 */
const LOAD_CERTIFICATE = `printf '%s\\n' defaults ' mode tcp' ' timeout client 1s' 'frontend check' " bind 127.0.0.1:1 ssl crt $1" |
haproxy -c -dW -f /dev/stdin`;

/** The files of a balancer's HAProxy. */
export function haproxyFiles(context: FileContext): readonly FileSpec[] {
  return [publicPem(context), authority(context), saveState(), applyDrains(), dropIn(), config(context)];
}

function config(context: FileContext): FileSpec {
  return {
    path: PATHS.config,
    owner: "root",
    group: "root",
    // Holds passwords. HAProxy reads it as root, before it becomes another user.
    mode: "0600",
    content: { kind: "template", template: "haproxy/haproxy.cfg.hbs", view: haproxyView(context) },
    /*
     * -dW, as plain -c is content with missing timeouts and a dropped peers section. No -L: it would hide that
     * the file's own localpeer is wrong, and the unit starts without it.
     */
    check: { kind: "command", argv: ["haproxy", "-c", "-dW", "-f", STAGED] },
    action: reload,
  };
}

function publicPem(context: FileContext): FileSpec {
  const view = { pem: context.secret(`${PUBLIC_SECRET}.pem`) };
  return {
    path: PATHS.publicPem,
    owner: "root",
    group: "root",
    mode: "0600",
    content: { kind: "template", template: "haproxy/public.pem.hbs", view },
    check: { kind: "command", argv: script(LOAD_CERTIFICATE, [STAGED]) },
    action: reload,
    addressed: true,
  };
}

function authority(context: FileContext): FileSpec {
  const view = { pem: context.secret(`${AUTHORITY_SECRET}.crt`) };
  return {
    path: PATHS.authority,
    owner: "root",
    group: "root",
    mode: "0644",
    content: { kind: "template", template: "haproxy/authority.crt.hbs", view },
    check: { kind: "command", argv: ["openssl", "x509", "-noout", "-in", STAGED] },
    action: reload,
    addressed: true,
  };
}

function saveState(): FileSpec {
  return {
    path: PATHS.saveState,
    owner: "root",
    group: "root",
    mode: "0644",
    content: { kind: "template", template: "haproxy/save-server-state.sh.hbs", view: {} },
    check: shellCheck(),
    action: { kind: "none" },
  };
}

function applyDrains(): FileSpec {
  return {
    path: PATHS.applyDrains,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "haproxy/apply-drains.sh.hbs",
      view: { listeners: MAIL_LISTENERS.join(" ") },
    },
    check: shellCheck(),
    action: { kind: "none" },
  };
}

function dropIn(): FileSpec {
  const { saveState, applyDrains, adminSocket, stateFolder } = PATHS;
  return {
    path: PATHS.dropIn,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "haproxy/unit-drop-in.conf.hbs",
      view: { saveState, applyDrains, adminSocket, stateFolder, drains: DRAIN_MARKS.balancer },
    },
    check: dropInCheck(UNIT),
    // What it sets is used at the next start, reload or stop; nothing is owed now.
    action: { kind: "none" },
  };
}
