import { describe, expect, it } from "@jest/globals";
import { queueTable } from "../../../src/mailnode/node/queue-table.ts";
import { envelope } from "../fixtures/messages.ts";

describe("the table of the queue", () => {
  it("has a line for each message, in columns", () => {
    const state = {
      attempts: 2,
      nextTryAt: Date.UTC(2026, 10, 22, 15, 0, 0),
      pending: ["b@example.com"],
      failed: [],
    };
    const entries = [
      { envelope: envelope("m1"), state, bodyStart: 0 },
      { envelope: envelope("message2", { sender: "" }), state: { ...state, attempts: 10 }, bodyStart: 0 },
    ];
    expect(queueTable(entries)).toBe(
      "ID        FROM                LEFT  TRIES  NEXT TRY\n" +
        "m1        <a@sender.example>  1     2      2026-11-22T15:00:00.000Z\n" +
        "message2  <>                  1     10     2026-11-22T15:00:00.000Z\n",
    );
  });

  it("says that there is none", () => {
    expect(queueTable([])).toBe("The queue is empty.\n");
  });
});
