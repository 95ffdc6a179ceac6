import { peersOf } from "../../topology/topology.ts";
import type { FileContext, FileSpec } from "../service.ts";
import { STAGED } from "../service.ts";
import { dropInCheck, unitCheck } from "../unit-check.ts";
import { openings } from "./rules.ts";

export const UNIT = "mailbastion-firewall.service";
const DEBIANS_UNIT = "nftables.service";
/** Family and name. */
export const TABLE = ["inet", "mailbastion"] as const;
const RULES = "/etc/mailbastion/firewall.nft";

/**
 * The rules, the unit that loads them before the network is up, and what has them loaded again with Debian's unit.
 * /etc/nftables.conf stays its owner's.
 */
export function nftablesFiles(context: FileContext): readonly FileSpec[] {
  return [rules(context), unit(), dropIn()];
}

function rules(context: FileContext): FileSpec {
  const { topology, machine } = context;
  const isBalancer = machine.roles.includes("balancer");
  const view = {
    table: TABLE.join(" "),
    address: machine.address,
    vrrpPeers: isBalancer ? peersOf(topology, machine, "balancer").map(({ address }) => address) : [],
    openings: openings(topology, machine, context.listeners()),
  };
  return {
    path: RULES,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "nftables/firewall.nft.hbs",
      view: { ...view, vrrpPeers: view.vrrpPeers.join(", ") },
    },
    check: { kind: "command", argv: ["nft", "-c", "-f", STAGED] },
    action: { kind: "reload", unit: UNIT },
  };
}

function unit(): FileSpec {
  return {
    path: `/etc/systemd/system/${UNIT}`,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "nftables/mailbastion-firewall.service.hbs",
      view: { rules: RULES, table: TABLE.join(" ") },
    },
    check: unitCheck(),
    action: { kind: "none" },
  };
}

/** Read again by systemd, and no more: it counts when Debian's unit is started. */
function dropIn(): FileSpec {
  return {
    path: `/etc/systemd/system/${DEBIANS_UNIT}.d/mailbastion.conf`,
    owner: "root",
    group: "root",
    mode: "0644",
    content: {
      kind: "template",
      template: "nftables/nftables.service.conf.hbs",
      view: { rules: RULES, unit: UNIT },
    },
    check: dropInCheck(DEBIANS_UNIT),
    action: { kind: "none" },
  };
}
