import { PORTS } from "../../../contract/ports.ts";
import { ask, script } from "../../steps/command.ts";
import type { Service } from "../service.ts";
import { CONFIG_PATH, keepalivedFiles, UNIT } from "./files.ts";

/*
 * Its state alone proves nothing: without the right to set addresses keepalived becomes master and no machine has
 * the VIP. So the VIP itself is asked, wherever it is.
 */
const VIP_ANSWERS = `systemctl is-active --quiet "$1" || { echo "$1 is not running" >&2; exit 1; }
socat -u OPEN:/dev/null "TCP4:$2:$3,connect-timeout=2"`;

/** Of a keepalived that runs on our file: one that is stopped hears nobody and takes what it finds. */
const PRESENT_ROUTER_ID = `
systemctl is-active --quiet ${UNIT} && grep -q 'mailbastion: made from' ${CONFIG_PATH} || exit 0
sed -n 's/^ *virtual_router_id *//p' ${CONFIG_PATH} | head -n 1`;

/** Moves the VIP between the balancers by VRRP. */
export const keepalived: Service = {
  name: "keepalived",
  runsOn: (_topology, machine) => machine.roles.includes("balancer"),
  packages: () => ["keepalived", "iproute2", "curl", "socat"],
  users: () => [],
  listens: () => [],
  secrets: () => [],
  files: keepalivedFiles,
  units: () => [{ name: UNIT, state: "running", enabled: true }],
  probe: (topology) => ask(script(VIP_ANSWERS, [UNIT, topology.network.vip, String(PORTS.console)])),
  form: () => [],
  fixed: ({ balancer }) => [
    {
      path: "balancer.vrrp.routerId",
      value: String(balancer.vrrp.routerId),
      present: PRESENT_ROUTER_ID,
      rule: "balancers with different ones do not hear each other: two would bear the VIP until the last is changed",
      remedy:
        "write the earlier one back, or do without the VIP for as long: systemctl stop keepalived on every balancer, then mbctl apply",
    },
  ],
  departure: { file: CONFIG_PATH, by: "stop" },
};
