import { critical, note, warning, type Finding } from "../../finding.ts";
import { isAway, listed, nameOf } from "../../view.ts";
import { answersTo, type DeepRules, type DeepView } from "../deep-view.ts";

/** What machines cannot reach of each other, and of the world. */
export const networkRules: DeepRules = (view) => [...silent(view), ...away(view), ...nextHop(view)];

interface Way {
  readonly from: string;
  readonly to: string;
  /** "address:port" */
  readonly way: string;
  /** "refused" has reached the machine too. */
  readonly state: string;
}

function waysTried(view: DeepView): readonly Way[] {
  return answersTo(view, "reach").flatMap(({ machine, answer }) =>
    answer.stdout
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([way, state]) => way && state)
      .map(([way, state]) => ({
        from: machine,
        to: nameOf(view, way!.split(":")[0]!),
        way: way!,
        state: state!,
      })),
  );
}

/** A machine that is away answers nobody; that is no fault of the way to it. */
function silent(view: DeepView): readonly Finding[] {
  const ways = waysTried(view).filter(({ state, to }) => state === "silent" && !isAway(view, to));
  return [...Map.groupBy(ways, ({ from, to }) => `${from} ${to}`).values()].map((same) => {
    const { from, to } = same[0]!;
    const ports = same.map(({ way }) => way.split(":")[1]!);
    return critical({
      rule: "way-shut",
      machines: [from, to],
      finding: `${from} gets no answer from ${to === view.status.vip ? "the VIP" : to} on port ${listed(ports)}`,
      cause:
        "a firewall on the way, or on the machine, drops it: a port where nothing listens would be refused",
      remedy: `on ${to === view.status.vip ? "the balancers" : to}: nft list table inet mailbastion; then look at what is between the machines`,
      evidence: same.map(({ way }) => `${from}: connecting to ${way} timed out after 3 s`),
    });
  });
}

/** Whether a machine that does not answer us answers the others: is it off, or is the way from here? */
function away(view: DeepView): readonly Finding[] {
  const tried = Map.groupBy(
    waysTried(view).filter(({ to }) => isAway(view, to)),
    ({ to }) => to,
  );
  return [...tried].map(([machine, ways]) => {
    const reaching = [...new Set(ways.filter(({ state }) => state !== "silent").map(({ from }) => from))];
    const evidence = ways.map(({ from, way, state }) => `${from}: ${way} is ${state}`);
    return reaching.length > 0
      ? note({
          rule: "away-seen",
          machines: [machine],
          finding: `${machine} is reached by ${listed(reaching)}, though not from here: it runs`,
          remedy: `see the way from this computer to ${machine}, and sshd there`,
          evidence,
        })
      : note({
          rule: "away-unseen",
          machines: [machine],
          finding: `no other machine reaches ${machine} either: it is off, or its network is`,
          remedy: `look at the power and the console of ${machine}`,
          evidence,
        });
  });
}

function nextHop(view: DeepView): readonly Finding[] {
  const { host, port } = view.topology.mail.nextHop;
  const answers = answersTo(view, "next hop");
  const nameless = answers
    .filter(({ answer }) => /^address $/m.test(answer.stdout))
    .map(({ machine }) => machine);
  const shut = answers
    .filter(({ answer }) => /^port shut$/m.test(answer.stdout))
    .map(({ machine }) => machine);
  return [
    ...(nameless.length > 0
      ? [
          warning({
            rule: "next-hop-nameless",
            machines: nameless,
            finding: `${host}, where all mail goes next, has no address on ${listed(nameless)}`,
            cause: "its name is in no DNS that these machines ask",
            remedy: `on ${nameless[0]}: getent ahostsv4 ${host}; then mend /etc/resolv.conf, or write an address into mail.nextHop`,
            evidence: [`getent ahostsv4 ${host} gave nothing`],
          }),
        ]
      : []),
    ...(shut.length > 0
      ? [
          warning({
            rule: "next-hop-shut",
            machines: shut,
            finding: `${host}:${port}, where all mail goes next, takes no connection from ${listed(shut)}`,
            cause:
              "it is down, or a firewall between does not let these machines through; mail waits in their queues",
            remedy: `ask who runs ${host}; from ${shut[0]}: nc -vz ${host} ${port}`,
            evidence: [`connecting to ${host}:${port} failed on ${listed(shut)}`],
          }),
        ]
      : []),
  ];
}
