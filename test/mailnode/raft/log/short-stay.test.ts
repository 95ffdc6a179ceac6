import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "@jest/globals";
import { ShortStay } from "../../../../src/mailnode/raft/log/short-stay.ts";
import { Signal } from "../../../../src/mailnode/raft/log/signal.ts";

/** How many writes are not waited for although their answers are there; all answers are taken. */
function rested(stay: ShortStay): number {
  for (let writes = 0; ; writes++) {
    stay.signal.raise();
    const waited = stay.forNext();
    stay.taken();
    if (waited) return writes;
  }
}

describe("a short stay for the answer of another thread", () => {
  it("finds an answer that is there, and each one once", () => {
    const stay = new ShortStay(new Signal());
    stay.signal.raise();
    expect(stay.forNext()).toBe(true);
    stay.taken();
    expect(stay.forNext()).toBe(false);
  });

  it.each([
    [1, 1],
    [3, 2],
    [6, 4],
    [11, 8],
    [135, 128],
    [264, 128],
  ])("after %i writes whose answers took too long, is not made for the next %i", (slow, next) => {
    const stay = new ShortStay(new Signal());
    for (let write = 0; write < slow; write++) expect(stay.forNext()).toBe(false);
    expect(rested(stay)).toBe(next);
  });

  it("is made for every write again once one was enough", () => {
    const stay = new ShortStay(new Signal());
    expect(stay.forNext()).toBe(false);
    expect(rested(stay)).toBe(1);
    expect(rested(stay)).toBe(0);
  });
});

describe("a signal between two threads", () => {
  it("wakes a thread that sleeps on it", async () => {
    const signal = new Signal();
    const worker = new Worker(
      "const { workerData } = require('node:worker_threads'); const count = new Int32Array(workerData); Atomics.add(count, 0, 1); Atomics.notify(count, 0);",
      { eval: true, workerData: signal.shared },
    );
    await once(worker, "exit");
    expect(signal.wait(0)).toBe(1);
  });
});
