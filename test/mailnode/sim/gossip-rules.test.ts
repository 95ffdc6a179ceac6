import { describe, expect, it } from "@jest/globals";
import type { Member, MembershipEvent, MemberState } from "../../../src/mailnode/membership/core/types.ts";
import { GossipRules } from "../../../src/mailnode/sim/gossip/gossip-rules.ts";
import { Machine } from "../../../src/mailnode/sim/machine.ts";

function member(id: string, incarnation: number, state: MemberState = "alive"): Member {
  const metadata = { name: id, roles: [], addresses: {}, loadPermille: 0 };
  return { id, state, incarnation, address: { host: "10.0.0.1", port: 7946 }, metadata };
}

/** Rules, what they found so far, and a way to start the gossip of a machine and to let it see members. */
function watched() {
  const broken: string[] = [];
  const counted: string[] = [];
  const rules = new GossipRules({
    guard: (check) => {
      try {
        check();
      } catch (error) {
        broken.push((error as Error).message);
      }
    },
    count: (what) => counted.push(what),
  });
  const start = (name: string, incarnation: number) => {
    let tell: (event: MembershipEvent) => void = () => undefined;
    const machine = new Machine<never>(name, false, 0, { skewMs: 0, originMs: 0, rate: 1 });
    rules.started(
      { machine },
      {
        members: () => [member(name, incarnation)],
        listen: (listener) => {
          tell = listener;
          return () => undefined;
        },
      },
    );
    return (kind: "joined" | "suspected" | "recovered" | "failed", seen: Member) =>
      tell({ kind, member: seen });
  };
  return { broken, counted, start };
}

describe("the rules of gossip in the simulation", () => {
  it("let a member be suspected, refute, be found dead, and come back under a higher incarnation", () => {
    const { broken, counted, start } = watched();
    const sees = start("m1", 1);
    sees("joined", member("m2", 1));
    sees("suspected", member("m2", 1, "suspect"));
    sees("recovered", member("m2", 2));
    sees("suspected", member("m2", 2, "suspect"));
    sees("failed", member("m2", 2, "dead"));
    start("m2", 1001);
    sees("joined", member("m2", 1001));
    expect(broken).toEqual([]);
    expect(counted.filter((what) => what === "seen suspected")).toHaveLength(2);
  });

  it("are broken by a member that is alive again in the incarnation in which it died", () => {
    const { broken, start } = watched();
    const sees = start("m1", 1);
    sees("failed", member("m2", 3, "dead"));
    sees("joined", member("m2", 3));
    expect(broken).toEqual([
      "knowledge only grows: m1 held m2 for dead in incarnation 3, and now for alive in 3",
    ]);
  });

  it("are broken by an incarnation that goes back, and forget what a process knew when it ends", () => {
    const { broken, start } = watched();
    start("m1", 1)("joined", member("m2", 5));
    const sees = start("m1", 2);
    sees("joined", member("m2", 4));
    expect(broken).toEqual([]);
    sees("recovered", member("m2", 3));
    expect(broken).toHaveLength(1);
  });

  it("are broken by a node that starts with an incarnation under which it was seen", () => {
    const { broken, start } = watched();
    start("m1", 1)("joined", member("m2", 7));
    start("m2", 8);
    expect(broken).toEqual([]);
    start("m2", 7);
    expect(broken).toEqual([
      "an incarnation is used in one life: m2 starts with 7, and was seen with 7 before",
    ]);
  });
});
