import { critical, warning, type Finding } from "../finding.ts";
import { answering, fails, isAway, listed, type Rules, type View } from "../view.ts";

/** Who bears the address that clients know. */
export const vipRules: Rules = (view) => [...count(view), ...unfit(view)];

function count(view: View): readonly Finding[] {
  const { vip, vipHolders: holders } = view.status;
  if (holders.length === 1) return [];
  const evidence = [`${vip} is on ${listed(holders) || "no machine that answers"}`];
  if (holders.length > 1)
    return [
      critical({
        rule: "vip-split",
        machines: [...holders],
        finding: `${listed(holders)} bear the VIP at once: VRRP does not pass between them (IP protocol 112)`,
        cause: "each hears no adverts of the other and takes itself for the only one",
        remedy: `let IP protocol 112 pass between the balancers; see "nft list ruleset" and the switch between them`,
        evidence,
      }),
    ];
  const away = view.topology.machines
    .filter(({ name, roles }) => roles.includes("balancer") && isAway(view, name))
    .map(({ name }) => name);
  if (away.length > 0)
    return [
      critical({
        rule: "vip-unknown",
        machines: away,
        finding: `no balancer that answers bears the VIP, and ${listed(away)} could not be asked`,
        remedy: `try it from a client: nc -vz ${vip} 25`,
        evidence,
      }),
    ];
  return [
    critical({
      rule: "vip-absent",
      finding: "no balancer bears the VIP: clients reach nobody",
      cause: "keepalived gives the VIP up where HAProxy does not answer, and where it may set no addresses",
      remedy: "mbctl doctor",
      evidence,
    }),
  ];
}

/** Somebody bears it who should not: clients go there all the same. */
function unfit(view: View): readonly Finding[] {
  return answering(view)
    .filter(({ machine }) => view.status.vipHolders.includes(machine))
    .flatMap((holder) => {
      const { machine, roles, marks } = holder;
      const evidence = [`${view.status.vip} is on ${machine}`];
      if (!roles.includes("balancer"))
        return [
          critical({
            rule: "vip-stray",
            machines: [machine],
            finding: `${machine} bears the VIP and is no balancer`,
            remedy: `on ${machine}: ip address delete ${view.status.vip}/32 dev INTERFACE`,
            evidence,
          }),
        ];
      if (fails(holder, "haproxy"))
        return [
          critical({
            rule: "vip-dead",
            machines: [machine],
            finding: `${machine} bears the VIP and its HAProxy does not answer`,
            cause:
              "keepalived did not take the address away: it may hang, or be gone and have left it behind",
            remedy: `on ${machine}: systemctl restart keepalived`,
            evidence,
          }),
        ];
      const isAlone = answering(view, "balancer").length < 2;
      if (marks?.givesUpVip && !isAlone)
        return [
          warning({
            rule: "vip-drained",
            machines: [machine],
            finding: `${machine} is drained and still bears the VIP`,
            remedy: `mbctl failover balancer, then mbctl drain ${machine}`,
            evidence,
          }),
        ];
      return [];
    });
}
