import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";

/* Nobody waits for months: time is Jest's here, and its timers have Node's limit. */
describe("a sleep of months", () => {
  const DAY_MS = 86_400_000;
  let ended: string | undefined;
  beforeEach(() => {
    jest.useFakeTimers();
    ended = undefined;
  });
  afterEach(() => void jest.useRealTimers());

  const sleep = (ms: number, signal?: AbortSignal): void =>
    void systemEnv.sleep(ms, signal).then(
      () => (ended = "over"),
      () => (ended = "aborted"),
    );

  it("ends when it is over and not before, though no timer of Node is as long", async () => {
    sleep(60 * DAY_MS);
    await jest.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(ended).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toBe("over");
  });

  it("ends when it is aborted, whichever timer it has come to", async () => {
    const abort = new AbortController();
    sleep(60 * DAY_MS, abort.signal);
    await jest.advanceTimersByTimeAsync(30 * DAY_MS);
    abort.abort();
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toBe("aborted");
    expect(jest.getTimerCount()).toBe(0);
  });
});
