import { describe, expect, it } from "@jest/globals";
import { listsNoOther } from "../../../../src/toolkit/services/redis/replicas.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

const [machine] = threeMachines.machines;
const lists = (info: string) =>
  runWith(listsNoOther(threeMachines, machine!).command.argv, {
    programs: { "redis-cli": printing(info) },
  });

const replica = (number: number, address: string) =>
  `slave${number}:ip=${address},port=6379,state=online,offset=1,lag=0`;

describe("the replicas that a master lists", () => {
  it("are those of the cluster", () => {
    expect(lists(`role:master\n${replica(0, "192.168.1.102")}\n${replica(1, "192.168.1.103")}`).code).toBe(0);
    expect(lists("role:slave\nmaster_host:192.168.1.102").code).toBe(0);
  });

  it("are waited for while there is one that has left", () => {
    expect(
      lists(`role:master\n${replica(0, "192.168.1.102")}\n${replica(1, "192.168.1.104")}`),
    ).toMatchObject({
      code: 1,
      stderr: "it still lists 192.168.1.104\n",
    });
  });

  it("are unknown where nobody answers", () => {
    expect(lists("Could not connect to Redis").code).toBe(1);
  });
});
