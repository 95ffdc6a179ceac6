import { describe, expect, it } from "@jest/globals";
import type { Endpoint } from "../../../src/mailnode/discovery/endpoint.ts";
import { DiscoveryRefresh } from "../../../src/mailnode/discovery/refresh.ts";
import type { Env } from "../../../src/support/env.ts";
import { quietLog } from "../fixtures/quiet-log.ts";
import { until } from "../fixtures/until.ts";

const A = { host: "a", port: 1 };
const B = { host: "b", port: 2 };
const OPTIONS = { intervalMs: 30_000, firstRetryMs: 1_000, longestRetryMs: 8_000 };

/** Gives these answers in turn, then waits for ever; with the waits between them and what was told. */
async function run(
  answers: readonly (readonly Endpoint[] | Error)[],
  chance = 0,
): Promise<{ readonly waits: readonly number[]; readonly told: readonly (readonly Endpoint[])[] }> {
  const waits: number[] = [];
  const told: (readonly Endpoint[])[] = [];
  let asked = 0;
  const env: Env = {
    now: () => 0,
    monotonic: () => 0,
    random: () => chance,
    sleep: async (ms, signal) => {
      waits.push(ms);
      if (waits.length < answers.length) return;
      await new Promise((_resolve, reject) =>
        signal!.addEventListener("abort", () => reject(new Error("aborted"))),
      );
    },
  };
  const discover = async (): Promise<readonly Endpoint[]> => {
    const answer = answers[asked++]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const refresh = new DiscoveryRefresh(
    { discover },
    OPTIONS,
    (endpoints) => told.push(endpoints),
    env,
    quietLog,
  );
  refresh.start();
  refresh.start();
  await until(() => waits.length === answers.length);
  await refresh.stop();
  return { waits, told };
}

describe("asking for peers again and again", () => {
  it("tells each answer that is another one, in whatever order its peers stand", async () => {
    const { told } = await run([[], [A, B], [B, A], [A], [A], []]);
    expect(told).toEqual([[A, B], [A], []]);
  });

  it("waits longer after every failure, up to a limit, and as ever after a success", async () => {
    const down = new Error("down");
    const { waits } = await run([[A], down, down, down, down, down, [A]]);
    expect(waits).toEqual([30_000, 1_000, 2_000, 4_000, 8_000, 8_000, 30_000]);
  });

  it("keeps the last good answer while there is none", async () => {
    expect((await run([[A], new Error("down"), [A], new Error("down"), [B]])).told).toEqual([[A], [B]]);
  });

  it("leaves up to a quarter of each wait to chance", async () => {
    expect((await run([[A], new Error("down")], 0.999)).waits.map((ms) => Math.round(ms / 10))).toEqual([
      2_251, 75,
    ]);
  });

  it("tells nothing that comes after it was stopped", async () => {
    const told: unknown[] = [];
    let answer!: (endpoints: readonly Endpoint[]) => void;
    const discover = (): Promise<readonly Endpoint[]> => new Promise((resolve) => (answer = resolve));
    const env = { now: () => 0, monotonic: () => 0, random: () => 0, sleep: async () => undefined };
    const refresh = new DiscoveryRefresh(
      { discover },
      OPTIONS,
      (endpoints) => told.push(endpoints),
      env,
      quietLog,
    );
    refresh.start();
    const stopped = refresh.stop();
    answer([A]);
    await stopped;
    expect(told).toEqual([]);
  });
});
