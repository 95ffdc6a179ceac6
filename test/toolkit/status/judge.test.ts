import { describe, expect, it } from "@jest/globals";
import { isWhole } from "../../../src/toolkit/status/finding.ts";
import { findings } from "../../../src/toolkit/status/judge.ts";
import { drain, takeAway, viewOf } from "./whole.ts";

describe("all rules together", () => {
  it("find nothing in a cluster where all is well", () => {
    expect(findings(viewOf())).toEqual([]);
  });

  it("say of one machine that is away just that: what follows from it is no news", () => {
    const found = findings(
      viewOf((status) => {
        takeAway(status, "node-3");
        for (const { evidence } of status.machines.slice(0, 2)) {
          evidence.galera!.clusterSize = 2;
          evidence.glusterfs!.peers[1]!.isConnected = false;
          delete evidence.glusterfs!.heal;
          for (const server of evidence.haproxy!.servers)
            if (server.server === "node-3") Object.assign(server, { status: "DOWN", isUp: false });
        }
      }),
    );
    expect(found.map(({ rule }) => rule)).toEqual(["machine-away"]);
  });

  it("say of a drain just that", () => {
    const found = findings(viewOf((status) => drain(status, "node-2")));
    expect(found.map(({ rule }) => rule)).toEqual(["drained"]);
    expect(isWhole(found)).toBe(true);
  });

  it("say of a machine in maintenance, on which nothing runs, nothing that is wrong", () => {
    const found = findings(
      viewOf((status) => {
        drain(status, "node-3");
        const [first, second, third] = status.machines;
        third!.marks!.own!.work = "maintenance";
        third!.services.forEach((service) => Object.assign(service, { isWorking: false, detail: "stopped" }));
        third!.evidence = {};
        status.advice = [
          {
            service: "galera",
            machines: ["node-3"],
            message: "left to do: join on node-3",
            remedy: "mbctl apply",
          },
        ];
        for (const { evidence } of [first!, second!]) {
          evidence.galera!.clusterSize = 2;
          evidence.glusterfs!.peers[1]!.isConnected = false;
          delete evidence.glusterfs!.heal;
          for (const server of evidence.haproxy!.servers)
            if (server.server === "node-3") Object.assign(server, { status: "DOWN", isUp: false });
        }
      }),
    );
    expect(found.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(isWhole(found)).toBe(true);
  });

  it("put the worst first", () => {
    const found = findings(
      viewOf((status) => {
        drain(status, "node-2");
        takeAway(status, "node-3");
        status.machines[0]!.evidence.mailnode!.queue.oldestSeconds = 50_000;
      }),
    );
    expect(found.map(({ severity }) => severity)).toEqual(["critical", "warning", "note"]);
  });
});
