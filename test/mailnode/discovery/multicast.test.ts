import { afterEach, describe, expect, it } from "@jest/globals";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { decodeWord, encodeWord, WORD_BYTES } from "../../../src/mailnode/discovery/multicast-wire.ts";
import {
  MULTICAST_GROUP,
  multicastDiscovery,
  MulticastResponder,
  type MulticastOptions,
} from "../../../src/mailnode/discovery/multicast.ts";
import { systemEnv } from "../../../src/mailnode/node/system-env.ts";

const MARK = Buffer.from("12345678");
const open: MulticastResponder[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** On loopback: no test speaks to the network that the machine is in. */
function options(port: number, cluster = "one"): MulticastOptions {
  return { cluster, address: "127.0.0.1", group: MULTICAST_GROUP, port };
}

async function responder(at: MulticastOptions, answerPort: number): Promise<void> {
  open.push(await MulticastResponder.start({ ...at, answerPort }, systemEnv));
}

describe("discovery by multicast", () => {
  it("finds all that answer for the same cluster, each once, and nobody of another", async () => {
    const at = options(17_947);
    await responder(at, 7_946);
    await responder(at, 7_956);
    await responder(options(17_947, "two"), 7_966);
    const found = await multicastDiscovery({ ...at, waitMs: 300 }, systemEnv).discover();
    expect(found.toSorted((a, b) => a.port - b.port)).toEqual([
      { host: "127.0.0.1", port: 7_946 },
      { host: "127.0.0.1", port: 7_956 },
    ]);
  });

  it("finds nobody where nobody is", async () => {
    expect(await multicastDiscovery({ ...options(17_948), waitMs: 30 }, systemEnv).discover()).toEqual([]);
  });

  it("answers at most 50 times in a second, and with no more bytes than it was asked with", async () => {
    const at = options(17_949);
    // Its clock stands, so that all falls into one second.
    open.push(await MulticastResponder.start({ ...at, answerPort: 1 }, { monotonic: () => 5_000 }));
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.setMulticastInterface("127.0.0.1");
    const answers: Buffer[] = [];
    socket.on("message", (bytes) => answers.push(bytes));
    const question = encodeWord("one", { kind: "question", mark: MARK });
    for (let i = 0; i < 100; i++) {
      socket.send(question, at.port, at.group);
      await systemEnv.sleep(1);
    }
    await systemEnv.sleep(50);
    socket.close();
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThanOrEqual(50);
    expect(answers.every(({ length }) => length === question.length)).toBe(true);
  });

  it("says that an address has no network to ask in", async () => {
    const elsewhere = { ...options(17_950), address: "192.0.2.1" };
    await expect(
      multicastDiscovery({ ...elsewhere, waitMs: 10 }, systemEnv).discover(),
    ).rejects.toMatchObject({
      code: "DISCOVERY_MULTICAST",
    });
    await expect(MulticastResponder.start({ ...elsewhere, answerPort: 1 }, systemEnv)).rejects.toMatchObject({
      code: "DISCOVERY_MULTICAST",
    });
  });
});

describe("a word on the wire", () => {
  it("comes back as it was said, for the same cluster alone", () => {
    const answer = encodeWord("one", { kind: "answer", mark: MARK, port: 7_946 });
    expect(decodeWord("one", Buffer.from(answer))).toEqual({ kind: "answer", mark: MARK, port: 7_946 });
    expect(decodeWord("two", Buffer.from(answer))).toBeUndefined();
    const question = encodeWord("one", { kind: "question", mark: MARK });
    expect(decodeWord("one", Buffer.from(question))).toEqual({ kind: "question", mark: MARK });
    expect([answer.length, question.length]).toEqual([WORD_BYTES, WORD_BYTES]);
  });

  it("is nothing when it is random, cut or longer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeWord("one", Buffer.from(bytes))).toBeUndefined();
      }),
    );
    const whole = encodeWord("one", { kind: "answer", mark: MARK, port: 1 });
    expect(decodeWord("one", Buffer.from(whole.subarray(0, 31)))).toBeUndefined();
    expect(decodeWord("one", Buffer.concat([whole, Buffer.of(0)]))).toBeUndefined();
    expect(
      decodeWord("one", Buffer.from(encodeWord("one", { kind: "answer", mark: MARK, port: 0 }))),
    ).toBeUndefined();
  });
});
