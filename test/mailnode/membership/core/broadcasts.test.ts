import { describe, expect, it } from "@jest/globals";
import { Broadcasts } from "../../../../src/mailnode/membership/core/broadcasts.ts";
import { messageBytes } from "../../../../src/mailnode/membership/core/codec.ts";
import type { Message } from "../../../../src/mailnode/membership/core/types.ts";
import { word } from "./members.ts";

function about(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => (message.kind === "evidence" ? message.evidence.member : message.kind));
}

describe("news waiting to be sent", () => {
  it("goes out as often as the limit says, the least sent first and of those the newest", () => {
    const news = new Broadcasts();
    for (const id of ["a", "b", "c"]) news.put(word(id, "suspect", 1, "x"));
    const size = messageBytes({ kind: "evidence", evidence: word("a", "suspect", 1, "x") });
    const two = (): readonly string[] => about(news.take(2 * size, 255, 2, new Set()));
    expect([two(), two(), two(), two()]).toEqual([["c", "b"], ["a", "c"], ["b", "a"], []]);
    expect(news.size).toBe(0);
  });

  it("fits in the room there is, in bytes and in number, and leaves out whom it is told to", () => {
    const news = new Broadcasts();
    for (const id of ["a", "b", "c"]) news.put(word(id, "suspect", 1, "x"));
    expect(news.take(3, 255, 9, new Set())).toEqual([]);
    expect(about(news.take(1_000, 1, 9, new Set(["c"])))).toEqual(["b"]);
  });

  it("has one piece for a member, and keeps what the member announced until it is sent out", () => {
    const news = new Broadcasts();
    const alive = word("a", "alive", 2);
    news.put(alive);
    news.put(word("a", "suspect", 2, "x"));
    expect(news.take(1_000, 255, 9, new Set())).toMatchObject([
      { evidence: { state: "suspect", announcement: alive.announcement } },
    ]);
    expect(news.size).toBe(1);
  });
});
