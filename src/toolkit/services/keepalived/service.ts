import { PORTS } from "../../../contract/ports.ts";
import { ask, script } from "../../steps/command.ts";
import type { Service } from "../service.ts";
import { keepalivedFiles, UNIT } from "./files.ts";

/*
 * Its state alone proves nothing: without the right to set addresses keepalived becomes master and no machine has
 * the VIP. So the VIP itself is asked, wherever it is.
 */
const VIP_ANSWERS = `systemctl is-active --quiet "$1" || { echo "$1 is not running" >&2; exit 1; }
socat -u OPEN:/dev/null "TCP4:$2:$3,connect-timeout=2"`;

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
};
