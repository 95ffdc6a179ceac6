import { critical, warning, type Finding } from "../../finding.ts";
import { answersTo, type DeepRules, type DeepView } from "../deep-view.ts";

/** What keepalived believes, against who bears the address. */
export const vrrpRules: DeepRules = (view) =>
  answersTo(view, "vrrp").flatMap(({ machine, answer }) => {
    const lines = answer.stdout.split("\n").filter(Boolean);
    const state = lines.findLast((line) => line.includes("Entering "))?.match(/Entering (\w+) STATE/)?.[1];
    return [...forbidden(machine, lines), ...beliefs(view, machine, state, lines)];
  });

function forbidden(machine: string, lines: readonly string[]): readonly Finding[] {
  const said = lines.filter((line) => line.includes("Operation not permitted"));
  if (said.length === 0) return [];
  return [
    critical({
      rule: "vrrp-forbidden",
      machines: [machine],
      finding: `keepalived on ${machine} may not set addresses: it becomes master, and no machine has the VIP`,
      cause: "it lacks the capability CAP_NET_ADMIN, as in a container that was not given it",
      remedy: "give the machine NET_ADMIN; the containers of this cluster's stack have it",
      evidence: said,
    }),
  ];
}

function beliefs(
  view: DeepView,
  machine: string,
  state: string | undefined,
  lines: readonly string[],
): readonly Finding[] {
  const isHolder = view.status.vipHolders.includes(machine);
  const evidence = [...lines.slice(-3), `${view.status.vip} is ${isHolder ? "" : "not "}on ${machine}`];
  if (state === "MASTER" && !isHolder)
    return [
      critical({
        rule: "vrrp-without-vip",
        machines: [machine],
        finding: `keepalived on ${machine} takes itself for master, and the VIP is not there`,
        cause: "somebody removed the address, or keepalived could not set it",
        remedy: `on ${machine}: systemctl restart keepalived`,
        evidence,
      }),
    ];
  if (state !== undefined && state !== "MASTER" && isHolder)
    return [
      critical({
        rule: "vip-stale",
        machines: [machine],
        finding: `${machine} bears the VIP, and keepalived there is ${state}`,
        cause: "the address was left behind, or set by hand: nothing will take it away",
        remedy: `on ${machine}: systemctl restart keepalived, which removes it first`,
        evidence,
      }),
    ];
  if (state === "FAULT")
    return [
      warning({
        rule: "vrrp-fault",
        machines: [machine],
        finding: `keepalived on ${machine} is in FAULT: it would not take the VIP`,
        cause: "its check of HAProxy fails, or its interface is gone or has another name",
        remedy: `on ${machine}: journalctl -u keepalived -n 20; curl http://ADDRESS:8404/alive must answer`,
        evidence,
      }),
    ];
  return [];
}
