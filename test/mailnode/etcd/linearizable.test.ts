import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { until } from "../fixtures/until.ts";
import { inexplicable, startClients, type RegisterInput, type Subject } from "../linearizable/clients.ts";
import { Recorder, type Output } from "../linearizable/history.ts";
import { EtcdCluster, type EtcdMember } from "./etcd-cluster.ts";

/* Real processes, and elections among them, on a machine that may be busy. */
jest.setTimeout(180_000);

const KEYS = ["x", "y", "z"];

describe("the recorder and the checker, of Debian's etcd", () => {
  let home: string;
  let cluster: EtcdCluster;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "etcd-"));
    cluster = await EtcdCluster.start(home);
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(home, { recursive: true });
  });

  type Operate = (member: EtcdMember, key: string, input: RegisterInput) => Promise<Output>;

  function subjects(recorder: Recorder, prefix: string, operate: Operate): readonly Subject[] {
    return [...cluster.members, ...cluster.members].map((member) => ({
      // What a connection that broke or a time-out leaves behind, nobody knows.
      operate: (key, input) =>
        recorder.run(
          key,
          input,
          () => operate(member, `${prefix}/${key}`, input),
          () => ({ kind: "unknown" }),
        ),
      ready: (isOver) => until(() => member.running || isOver()),
    }));
  }

  it("finds every history explained, while the leader is killed again and again", async () => {
    const recorder = new Recorder();
    const direct: Operate = (member, key, input) => member.client.operate(key, input);
    const talk = startClients({ subjects: subjects(recorder, "direct", direct), keys: KEYS, pauseMs: 15 });
    for (let round = 0; round < 2; round++) {
      await wait(500);
      const victim = await cluster.leader();
      await victim.kill();
      await cluster.leader();
      await wait(500);
      victim.start();
    }
    await wait(500);
    expect(await talk.end()).toBeGreaterThan(50);
    expect(inexplicable(recorder)).toEqual([]);
  });

  it("refuses the histories of a proxy before it that answers reads from what it saw a moment ago", async () => {
    const recorder = new Recorder();
    const memory = new Map<string, { readonly at: number; readonly output: Output }>();
    const stale: Operate = async (member, key, input) => {
      const known = memory.get(key);
      if (input.kind === "read" && known !== undefined && performance.now() - known.at < 100)
        return known.output;
      const output = await member.client.operate(key, input);
      if (input.kind === "read") memory.set(key, { at: performance.now(), output });
      return output;
    };
    const talk = startClients({ subjects: subjects(recorder, "stale", stale), keys: KEYS, pauseMs: 15 });
    await wait(3000);
    expect(await talk.end()).toBeGreaterThan(50);
    expect(inexplicable(recorder)).not.toEqual([]);
  });
});
