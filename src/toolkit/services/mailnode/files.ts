import { AUTHORITY_SECRET, PUBLIC_SECRET } from "../public-certificate.ts";
import { serializeMailNodeConfig } from "../../../contract/mailnode-config.ts";
import { serializeWitnessConfig } from "../../../contract/witness-config.ts";
import { script } from "../../steps/command.ts";
import { isWitnessIn } from "../../topology/voters.ts";
import { STAGED, type Action, type FileContext, type FileSpec } from "../service.ts";
import { markerLine } from "../marker.ts";
import { unitCheck } from "../unit-check.ts";
import { DRAIN_LIMIT_MS, mailNodeConfig, witnessConfig } from "./config.ts";
import { GOSSIP_SECRET, PATHS, UNIT, USER, machineSecret } from "./names.ts";

const restart: Action = { kind: "restart", unit: UNIT };
const reload: Action = { kind: "reload", unit: UNIT };

/** What systemd grants beyond the drain before it kills: delivery attempts under way, in seconds. */
const STOP_MARGIN_S = 45;

/** The assignments keep a failure: inside `test` two programs that fail alike would look equal. */
const KEY_BELONGS_TO_CERTIFICATE = `
certified=$(openssl x509 -noout -pubkey -in "$1")
own=$(openssl pkey -pubout -in "$1")
test "$certified" = "$own" || { echo "the key does not belong to the certificate" >&2; exit 1; }`;

/** grep ends with 1, and so does the check, where there is no key at all. */
const HOLDS_KEYS = `
keys=$(grep -v '^#' "$1")
if printf '%s\\n' "$keys" | grep -qvE '^[A-Za-z0-9+/]{43}=$'; then
  echo "a line is no key of 32 bytes in base64" >&2
  exit 1
fi`;

/** The files of a machine that takes mail, or votes among those that do. */
export function mailNodeFiles(context: FileContext): readonly FileSpec[] {
  const machinePem = context.secret(`${machineSecret(context.machine.name)}.pem`);
  const isWitness = isWitnessIn(context.topology, context.machine, "mail");
  return [
    ...(isWitness ? [] : [pem(PATHS.publicPem, "public.pem.hbs", context.secret(`${PUBLIC_SECRET}.pem`))]),
    pem(PATHS.machinePem, "machine.pem.hbs", machinePem),
    ...clusterFiles(context, machinePem),
    config(context, isWitness),
    unit(),
  ];
}

/** What the node proves itself with among the others. It reads these again without a restart, so they keep their names. */
function clusterFiles(context: FileContext, machinePem: string): readonly FileSpec[] {
  const common = { owner: "root", group: USER, mode: "0640", action: reload } as const;
  const template = (name: string, view: Readonly<Record<string, string>>) =>
    ({ kind: "template", template: `mailnode/${name}`, view }) as const;
  return [
    {
      ...common,
      path: PATHS.memberPem,
      content: template("member.pem.hbs", { pem: machinePem }),
      check: { kind: "command", argv: script(KEY_BELONGS_TO_CERTIFICATE, [STAGED]) },
    },
    {
      ...common,
      path: PATHS.memberAuthority,
      content: template("authority.crt.hbs", { pem: context.secret(`${AUTHORITY_SECRET}.crt`) }),
      check: { kind: "command", argv: ["openssl", "x509", "-noout", "-in", STAGED] },
    },
    {
      ...common,
      path: PATHS.gossipKeys,
      content: template("gossip.keys.hbs", { keys: context.secret(GOSSIP_SECRET) }),
      check: { kind: "command", argv: script(HOLDS_KEYS, [STAGED]) },
    },
  ];
}

function config(context: FileContext, isWitness: boolean): FileSpec {
  const marker = markerLine("the mailnode service", context.topology.cluster);
  return {
    path: PATHS.config,
    owner: "root",
    group: USER,
    // Holds passwords.
    mode: "0640",
    content: {
      kind: "text",
      text: isWitness
        ? serializeWitnessConfig(witnessConfig(context), marker)
        : serializeMailNodeConfig(mailNodeConfig(context), marker),
    },
    check: { kind: "command", argv: [PATHS.program, "check", STAGED] },
    action: restart,
  };
}

function pem(path: string, template: string, secret: string): FileSpec {
  return {
    path,
    owner: "root",
    group: USER,
    mode: "0640",
    content: { kind: "template", template: `mailnode/${template}`, view: { pem: secret } },
    check: { kind: "command", argv: script(KEY_BELONGS_TO_CERTIFICATE, [STAGED]) },
    action: restart,
    addressed: true,
  };
}

function unit(): FileSpec {
  const view = {
    user: USER,
    program: PATHS.program,
    config: PATHS.config,
    stopSeconds: 2 * (DRAIN_LIMIT_MS / 1000) + STOP_MARGIN_S,
  };
  return {
    path: `/etc/systemd/system/${UNIT}`,
    owner: "root",
    group: "root",
    mode: "0644",
    content: { kind: "template", template: "mailnode/mailbastion-mbnode.service.hbs", view },
    check: unitCheck(PATHS.program),
    action: restart,
  };
}
