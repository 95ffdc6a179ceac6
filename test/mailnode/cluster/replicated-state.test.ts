import { describe, expect, it } from "@jest/globals";
import { Refused } from "../../../src/mailnode/cluster/replica.ts";
import { ReplicatedState } from "../../../src/mailnode/cluster/replicated-state.ts";
import { bytes, replicas, text } from "./replicas.ts";

describe("replicated keys", () => {
  it("are read by any node as they were last written, where a stale read may still be behind", async () => {
    const { time, cluster, replica } = replicas();
    const [writer, reader] = [new ReplicatedState(replica("node-1")), new ReplicatedState(replica("node-3"))];
    await time.until(writer.set("a", bytes("1")));
    await time.pass(20);
    time.pause("node-3");
    await time.until(writer.set("a", bytes("2")));
    expect(text(reader.getStale("a")?.value)).toBe("1");
    time.resume("node-3");
    cluster.heal("node-3");
    expect(text((await time.until(reader.get("a")))?.value)).toBe("2");
  });

  it("are not read by a node that cannot prove what it knows", async () => {
    const { time, cluster, replica } = replicas({ replica: { timeoutMs: 500 } });
    const state = new ReplicatedState(replica("node-3"));
    await time.until(state.set("a", bytes("1")));
    cluster.cut("node-3");
    const error = await time.until(state.get("a").catch((caught: unknown) => caught));
    expect(error).toBeInstanceOf(Error);
    expect(text(state.getStale("a")?.value)).toBe("1");
  });

  it("are set only where nobody was quicker", async () => {
    const { time, replica } = replicas();
    const state = new ReplicatedState(replica("node-2"));
    const { version } = await time.until(state.set("a", bytes("1")));
    await time.until(state.compareAndSet("a", version!, bytes("2")));
    const late = state.compareAndSet("a", version!, bytes("3")).catch((error: unknown) => error);
    expect(await time.until(late)).toMatchObject({ refusal: { code: "VERSION_MISMATCH" } });
    const taken = state.compareAndSet("a", 0, bytes("4")).catch((error: unknown) => error);
    expect(await time.until(taken)).toBeInstanceOf(Refused);
    await time.until(state.delete("a"));
    expect(await time.until(state.get("a"))).toBeUndefined();
  });

  it("answer asynchronous writes after one disk, whatever the level, and say that nothing is committed", async () => {
    const { time, replica } = replicas();
    const state = new ReplicatedState(replica("node-1"), { level: "all", mode: "asynchronous" });
    expect(await time.until(state.set("a", bytes("1")))).toEqual({ committed: false, replicas: 1 });
    const synchronous = await time.until(state.set("b", bytes("1"), { mode: "synchronous" }));
    expect(synchronous).toMatchObject({ committed: true, replicas: 3 });
    expect(synchronous.version).toBeGreaterThan(0);
  });

  it("are watched by prefix, change by change, in the order of the log", async () => {
    const { time, replica } = replicas();
    const state = new ReplicatedState(replica("node-1"));
    const seen: string[] = [];
    const end = new ReplicatedState(replica("node-2")).watch("mail/", {
      changed: ({ key, change, record }) =>
        seen.push(`${key} ${change} ${text((record as { value: Uint8Array } | undefined)?.value)}`),
    });
    for (const [key, value] of [
      ["mail/a", "1"],
      ["other", "x"],
      ["mail/a", "2"],
    ] as const)
      await time.until(state.set(key, bytes(value)));
    await time.until(state.delete("mail/a"));
    await time.pass(20);
    end();
    await time.until(state.set("mail/b", bytes("3")));
    await time.pass(20);
    expect(seen).toEqual(["mail/a set 1", "mail/a set 2", "mail/a deleted undefined"]);
    expect((await time.until(state.list("mail/"))).map(([key]) => key)).toEqual(["mail/b"]);
  });
});
