import { describe, expect, it } from "@jest/globals";
import {
  chooseBeginner,
  isTrustedFlag,
  type Wish,
} from "../../../../src/toolkit/runbooks/recover/choose-beginner.ts";
import { parseMember } from "../../../../src/toolkit/services/galera/member.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import {
  answer,
  answers,
  crashed,
  fresh,
  grastate,
  looking,
  OTHER_HISTORY,
  stopped,
  survivor,
} from "../../services/galera/recorded.ts";
import { refusalOf } from "../runbook-context.ts";

const ZERO = "00000000-0000-0000-0000-000000000000";

function choose(each: readonly Answer[], wish: Wish = {}, silent: readonly string[] = []) {
  const members = [...answers(...each)].map(([machine, said]) => parseMember(machine, said));
  return chooseBeginner(members, silent, wish);
}

const chosen = (...each: Answer[]) => choose(each).beginner.machine;

describe("with whom the database cluster begins again", () => {
  it("is the member that left last, after a clean stop one by one", () => {
    expect(chosen(stopped(4), stopped(5), stopped(6, 1))).toBe("node-3");
  });

  it("is the member that is farthest by what its data say, after a crash of all", () => {
    expect(chosen(looking(0, 24), looking(1, 26), stopped(20))).toBe("node-2");
  });

  it("is a running server where others are only as far", () => {
    expect(chosen(looking(0, 31), survivor(1), looking(2, 31))).toBe("node-2");
  });

  it("trusts the flag only beside a history and a place in it", () => {
    const flag = (seqno: number, uuid?: string) =>
      isTrustedFlag(
        parseMember(
          "node-1",
          answer({ unit: "inactive", grastate: grastate(seqno, { safe: 1, ...(uuid && { uuid }) }) }),
        ),
      );
    expect(flag(6)).toBe(true);
    expect(flag(-1)).toBe(false);
    expect(flag(6, ZERO)).toBe(false);
  });

  it("compares numbers that are larger than a double can hold", () => {
    const far = (seqno: string) =>
      answer({
        unit: "inactive",
        grastate: grastate(0).replace("seqno:   0", `seqno:   ${seqno}`),
        databases: "x\n",
      });
    expect(chosen(far("9007199254740993"), far("9007199254740992"), far("9007199254740994"))).toBe("node-3");
    expect(chosen(far("9007199254740993"), far("9007199254740992"), far("9007199254740991"))).toBe("node-1");
  });
});

describe("a recovery that is not certain", () => {
  it("is refused when histories differ, although one number is larger", async () => {
    const error = await refusalOf(() => choose([stopped(2, 1), stopped(2), stopped(9, 0, OTHER_HISTORY)]));
    expect(error.code).toBe("GALERA_RECOVERY_UNSURE");
    expect(error.message).toContain("there are 2 histories, whose positions cannot be compared");
    expect(error.message).toMatch(/node-3 .* 9 .* saved state/);
    expect(error.remedy).toContain("everything of node-3, which has another history");
  });

  it("is refused when a machine did not answer, and says so in the table", async () => {
    const error = await refusalOf(() => choose([stopped(4), stopped(5, 1)], {}, ["node-3"]));
    expect(error.code).toBe("GALERA_RECOVERY_UNSURE");
    expect(error.message).toContain("node-3  did not answer");
  });

  it("is refused when a machine came back blank: what it held is not known", async () => {
    const error = await refusalOf(() => choose([stopped(4), stopped(5, 1), fresh]));
    expect(error.message).toContain("node-3 has no history (what it held is not known)");
  });

  it("is refused while a position is unknown", async () => {
    const error = await refusalOf(() => choose([crashed(0), stopped(5, 1), stopped(4)]));
    expect(error.message).toContain("node-1 does not know its position");
  });

  it("is refused where a copy had not ended", async () => {
    const half = answer({
      unit: "inactive",
      grastate: grastate(-1, { uuid: ZERO }),
      log: "WSREP: Recovered position 82427ec6-e685-11f1-923a-a2e7766fb756:99\n",
      databases: "x\n",
    });
    const error = await refusalOf(() => choose([half, stopped(5, 1), stopped(4)]));
    expect(error.message).toContain("node-1 was receiving a whole copy that did not end");
    expect((await refusalOf(() => choose([half, half, half]))).code).toBe("GALERA_NO_BEGINNER");
  });

  it("is refused when the one that says it left last is behind another", async () => {
    const error = await refusalOf(() => choose([stopped(4, 1), stopped(5), stopped(3)]));
    expect(error.message).toContain("node-1 says that it left last, but node-2 is ahead of it");
  });

  it("never begins with the empty history or at place 0", async () => {
    const zero = answer({
      unit: "inactive",
      grastate: grastate(9, { uuid: ZERO, safe: 1 }),
      databases: "x\n",
    });
    expect((await refusalOf(() => choose([zero, zero, zero]))).code).toBe("GALERA_NO_BEGINNER");
    expect((await refusalOf(() => choose([stopped(0, 1), stopped(0), stopped(0)]))).code).toBe(
      "GALERA_NO_BEGINNER",
    );
  });
});

describe("a machine that the operator names", () => {
  it("begins without a reason where nothing can be lost by it", () => {
    expect(choose([stopped(5), stopped(5, 1), stopped(4)], { from: "node-1" })).toMatchObject({
      beginner: { machine: "node-1" },
      losses: [],
      leftOut: [],
    });
  });

  it("needs a reason where something may be lost, and is told what", async () => {
    const error = await refusalOf(() => choose([stopped(3), stopped(5, 1), stopped(4)], { from: "node-1" }));
    expect(error.code).toBe("GALERA_LOSS_NOT_ACCEPTED");
    expect(error.message).toContain("2 writesets that node-2 has and node-1 has not");
    expect(error.message).toContain("1 writeset that node-3 has and node-1 has not");
    expect(error.remedy).toContain(
      '--from node-1 --accept-loss "<reason, which names node-2, node-3>"; else name another machine',
    );
  });

  it("keeps those out that hold more or something else, so that no copy erases it", () => {
    const choice = choose([stopped(3), stopped(5, 1), stopped(9, 0, OTHER_HISTORY)], {
      from: "node-1",
      acceptLoss: "node-2 has a broken disk, node-3 was begun anew",
    });
    expect(choice.leftOut.map(({ machine }) => machine)).toEqual(["node-2", "node-3"]);
  });

  it("is refused with a reason that is of a machine that is gone, while one that is there is ahead", async () => {
    const each = [stopped(5), stopped(505, 1)];
    const choice = (acceptLoss: string) => choose(each, { from: "node-1", acceptLoss }, ["node-3"]);
    for (const reason of ["node-3 burnt", "node-3 burnt, and node-22", "the others burnt"]) {
      const error = await refusalOf(() => choice(reason));
      expect(error.code).toBe("GALERA_LOSS_NOT_ACCEPTED");
      expect(error.message).toContain(
        "500 writesets that node-2 has and node-1 has not; what node-3 has after 5: it did not answer, and the reason does not name node-2:",
      );
    }
    expect(choice("node-3 burnt; Node-2's disk breaks").leftOut.map(({ machine }) => machine)).toEqual([
      "node-2",
    ]);
    expect(choose(each, { from: "node-2", acceptLoss: "node-3 burnt" }, ["node-3"]).leftOut).toEqual([]);
  });

  it("lets those join that hold less, or nothing", () => {
    const choice = choose([stopped(5, 1), stopped(3), fresh], {
      from: "node-1",
      acceptLoss: "node-3 is new",
    });
    expect(choice.leftOut).toEqual([]);
    expect(choice.losses).toEqual(["what node-3 held before it had no data of its own"]);
  });

  it("may be named while others do not answer, with a reason", () => {
    const wish = { from: "node-1", acceptLoss: "the others burnt" };
    expect(choose([stopped(5, 1)], wish, ["node-2", "node-3"]).losses).toEqual([
      "what node-2 has after 5: it did not answer",
      "what node-3 has after 5: it did not answer",
    ]);
  });

  it("must have a place in a history", async () => {
    const wish = { from: "node-3", acceptLoss: "whatever" };
    expect((await refusalOf(() => choose([stopped(5, 1), stopped(3), fresh], wish))).code).toBe(
      "GALERA_FROM_UNUSABLE",
    );
  });
});
