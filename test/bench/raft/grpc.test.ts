import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "@jest/globals";
import {
  decodePut,
  decodeRangeAnswer,
  decodeStatusAnswer,
  encodePut,
  encodeRangeAnswer,
  encodeStatusAnswer,
} from "../../../bench/raft/etcd-api.ts";
import { CallFailed, Channel, serve } from "../../../bench/raft/grpc.ts";

describe("the calls of bench:raft", () => {
  it("are answered in any order, refused when they fail, and end when nobody answers", async () => {
    const server = await serve(
      {
        "/echo": async (request) => {
          await new Promise((resolve) => setTimeout(resolve, request[0]));
          return request;
        },
        "/fail": () => Promise.reject(new Error("no")),
        "/never": () => new Promise(() => undefined),
      },
      "127.0.0.1",
      0,
    );
    const channel = new Channel(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const requests = [30, 1, 10].map((wait) => Buffer.alloc(300, wait));
    const answers = await Promise.all(requests.map((request) => channel.call("/echo", request, 10_000)));
    expect(answers.map((answer) => Buffer.from(answer))).toEqual(requests);
    await expect(channel.call("/fail", requests[0]!, 10_000)).rejects.toThrow(CallFailed);
    await expect(channel.call("/unknown", requests[0]!, 10_000)).rejects.toThrow(CallFailed);
    await expect(channel.call("/never", requests[0]!, 20)).rejects.toThrow(CallFailed);
    channel.close();
    await expect(channel.call("/echo", requests[0]!, 20)).rejects.toThrow(CallFailed);
    await once(server.close(), "close");
  });

  it("carry keys, values and the state of a member as etcd writes them", () => {
    const pair = { key: Buffer.from("k"), value: Buffer.alloc(256, 7) };
    expect(Buffer.from(encodePut(pair)).subarray(0, 6)).toEqual(Buffer.from([0x0a, 1, 0x6b, 0x12, 0x80, 2]));
    expect(decodePut(encodePut(pair))).toEqual(pair);
    expect(decodeRangeAnswer(encodeRangeAnswer(pair))).toEqual(pair.value);
    expect(decodeRangeAnswer(encodeRangeAnswer(undefined))).toBeUndefined();
    const status = { member: 2n ** 63n + 5n, leader: 3n, applied: 900_000n };
    expect(decodeStatusAnswer(encodeStatusAnswer(status))).toEqual(status);
  });
});
