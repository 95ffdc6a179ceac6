import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { until } from "../../fixtures/until.ts";
import { isLinearizable } from "../../linearizable/checker.ts";
import { Recorder, type Input, type Output } from "../../linearizable/history.ts";
import { TestAuthority } from "./certificates.ts";
import { MemberProcess, ProcessGone } from "./processes.ts";

/* Real processes, and elections among them, on a machine that may be busy. */
jest.setTimeout(180_000);

const KEYS = ["x", "y", "z"];

describe("three processes on this machine, over mutual TLS", () => {
  let home: string;
  let members: MemberProcess[];
  let recorder: Recorder;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "cluster-"));
    const authority = await TestAuthority.make();
    recorder = new Recorder();
    members = await Promise.all(
      [1, 2, 3].map(async (n) => new MemberProcess(join(home, `n${n}`), await authority.identity(`n${n}`))),
    );
    await Promise.all(members.map((member) => member.start()));
    for (const member of members) tellPeers(member);
  });
  afterEach(async () => {
    await Promise.all(members.map((member) => member.kill()));
    await rm(home, { recursive: true });
  });

  function tellPeers(member: MemberProcess): void {
    const peers = members.map(({ id, port }) => [id, { host: "127.0.0.1", port }] as const);
    member.join({ peers, founders: { voters: members.map(({ id }) => id) } });
  }

  async function restart(member: MemberProcess): Promise<void> {
    await member.start();
    tellPeers(member);
  }

  /** Whom a majority follows. */
  async function leader(): Promise<MemberProcess> {
    let found: MemberProcess | undefined;
    await until(() => {
      found = members.find(({ id }) => members.filter((other) => other.leader === id).length >= 2);
      return found?.running === true && found.leader === found.id;
    });
    return found!;
  }

  async function operate(member: MemberProcess, key: string, input: Input): Promise<Output | undefined> {
    const work = async (): Promise<Output> => {
      const output = await member.operate(key, input);
      if (output === "refused") throw new Error(output);
      return output;
    };
    return recorder.run(key, input, work, (error) =>
      error instanceof ProcessGone ? { kind: "unknown" } : undefined,
    );
  }

  /** Two clients at each member, each with one operation at a time, until they are told to end. */
  function clients(): { readonly end: () => Promise<number> } {
    let isOver = false;
    let answers = 0;
    let values = 0;
    const seen = new Map<string, string | undefined>();
    const client = async (member: MemberProcess): Promise<void> => {
      while (!isOver) {
        const key = KEYS[Math.floor(Math.random() * KEYS.length)]!;
        const dice = Math.random();
        const value = `v${values++}`;
        const input: Input =
          dice < 0.4
            ? { kind: "read" }
            : dice < 0.8
              ? { kind: "write", value }
              : { kind: "compareAndSet", from: seen.get(key), to: value };
        const output = await operate(member, key, input);
        if (output?.kind === "value") seen.set(key, output.value);
        if (output !== undefined && output.kind !== "unknown") answers++;
        if (!member.running) await until(() => member.running || isOver);
        await wait(5 + 20 * Math.random());
      }
    };
    const running = [...members, ...members].map(client);
    return {
      end: async () => {
        isOver = true;
        await Promise.all(running);
        return answers;
      },
    };
  }

  function checkHistories(): void {
    for (const key of KEYS) {
      expect({ key, linearizable: isLinearizable(recorder.histories.get(key) ?? []) }).toEqual({
        key,
        linearizable: true,
      });
    }
  }

  it("answer as one register each key, while their leader is killed again and again", async () => {
    const talk = clients();
    for (let round = 0; round < 3; round++) {
      const victim = await leader();
      await wait(500);
      await victim.kill();
      await leader();
      await wait(500);
      await restart(victim);
    }
    await wait(1000);
    expect(await talk.end()).toBeGreaterThan(50);
    const reads = await Promise.all(members.map((member) => operate(member, "x", { kind: "read" })));
    expect(new Set(reads.map((output) => JSON.stringify(output))).size).toBe(1);
    checkHistories();
  });

  it("answer as one register each key, while their leader is stopped and goes on with what it knew", async () => {
    const talk = clients();
    for (let round = 0; round < 3; round++) {
      const victim = await leader();
      await wait(500);
      victim.signal("SIGSTOP");
      const others = members.filter((member) => member !== victim);
      await until(() => others.every((member) => member.leader !== undefined && member.leader !== victim.id));
      await wait(500);
      victim.signal("SIGCONT");
      await until(() => victim.leader !== victim.id);
    }
    expect(await talk.end()).toBeGreaterThan(50);
    checkHistories();
  });

  it("find everything again after all were killed at once, and stop when they are told to", async () => {
    const first = await leader();
    expect(await operate(first, "x", { kind: "write", value: "kept" })).toEqual({ kind: "done" });
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(members.map((member) => restart(member)));
    const next = await leader();
    expect(await operate(next, "x", { kind: "read" })).toEqual({ kind: "value", value: "kept" });
    await Promise.all(members.map((member) => member.stop()));
    expect(members.filter(({ running }) => running)).toEqual([]);
  });
});
