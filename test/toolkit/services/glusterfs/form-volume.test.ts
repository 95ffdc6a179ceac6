import { describe, expect, it } from "@jest/globals";
import { formVolumePhase } from "../../../../src/toolkit/services/glusterfs/form-volume.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { twoAndAWitness } from "../../fixtures/two-and-a-witness.ts";
import { printing, runWith } from "../shell.ts";
import { said, volumeInfo } from "./recorded.ts";

const phase = formVolumePhase(threeMachines);
const state = (info: string, { brick = "", online = "yes\n" } = {}) =>
  said(`@info\n${info}@brick\n${brick}@online\n${online}`);
const bare = state("", { online: "" });
const decide = (...each: Answer[]) =>
  phase.decide(new Map(each.map((one, index) => [`node-${index + 1}`, one])));
const commands = (...each: Answer[]) =>
  decide(...each).map((stage) => stage.flatMap((step) => step.commands.map(({ argv }) => argv.join(" "))));

describe("forming the storage volume", () => {
  it("has nothing to do for a started volume with all bricks and settings", () => {
    const good = state(volumeInfo());
    expect(decide(good, good, good)).toEqual([]);
  });

  it("creates it with one brick per machine, quorum and access first, then starts it", () => {
    const [folders, create] = commands(bare, bare, bare);
    expect(folders).toEqual(Array(3).fill("install -d -m 0755 /srv/mailbastion/brick"));
    expect(create).toEqual([
      "gluster --mode=script volume create mail replica 3 192.168.1.101:/srv/mailbastion/brick 192.168.1.102:/srv/mailbastion/brick 192.168.1.103:/srv/mailbastion/brick force",
      "gluster --mode=script volume set mail cluster.quorum-type auto",
      "gluster --mode=script volume set mail network.ping-timeout 10",
      "gluster --mode=script volume set mail auth.allow 192.168.1.101,192.168.1.102,192.168.1.103",
      "gluster --mode=script volume start mail",
    ]);
  });

  it("creates it of two bricks and the witness's as the arbiter, which must be the last", () => {
    const [, create] = formVolumePhase(twoAndAWitness)
      .decide(new Map([bare, bare, bare].map((one, index) => [`node-${index + 1}`, one])))
      .map((stage) => stage.flatMap((step) => step.commands.map(({ argv }) => argv.join(" "))));
    expect(create![0]).toBe(
      "gluster --mode=script volume create mail replica 3 arbiter 1 192.168.1.101:/srv/mailbastion/brick 192.168.1.102:/srv/mailbastion/brick 192.168.1.103:/srv/mailbastion/brick force",
    );
  });

  it("takes no folder that holds something for a brick", () => {
    expect(() => decide(bare, state("", { brick: "used\n" }), bare)).toThrow("on node-2 is not empty");
  });

  it("starts one that was created and not started", () => {
    const created = state(volumeInfo({ status: "Created" }), { online: "" });
    expect(commands(created, created, created)).toEqual([["gluster --mode=script volume start mail"]]);
  });

  it("sets just what differs", () => {
    const slow = state(volumeInfo({ pingTimeout: 42 }));
    expect(commands(slow, slow, slow)).toEqual([
      ["gluster --mode=script volume set mail network.ping-timeout 10"],
    ]);
  });

  it("starts bricks whose process is gone, and leaves those alone that run", () => {
    const waiting = state(volumeInfo(), { online: "" });
    expect(commands(waiting, waiting, waiting)).toEqual([["gluster --mode=script volume start mail force"]]);
  });

  it("moves no bricks", () => {
    const other = state(volumeInfo({ brick: "/elsewhere" }));
    expect(() => decide(other, other, other)).toThrow("192.168.1.101:/elsewhere");
  });

  it("answers with exit code 0 where GlusterFS is not installed", () => {
    const answer = runWith(phase.observe("node-1").argv, {
      programs: { gluster: printing("", 127), ls: "exit 2" },
    });
    expect(answer.code).toBe(0);
    expect(commands(answer, answer, answer)).toHaveLength(2);
  });
});
