import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import {
  encodeFrame,
  FrameError,
  FRAME_HEADER,
  type Frame,
} from "../../../../src/mailnode/raft/wire/frame.ts";
import { FrameDecoder } from "../../../../src/mailnode/raft/wire/frame-decoder.ts";

/* Thousands of cases each, on a machine that may be busy. */
jest.setTimeout(60_000);

const LIMIT = 5000;

const bytesOf = (frame: Frame, compress = false): Uint8Array => Buffer.concat(encodeFrame(frame, compress));
const plain = ({ kind, payload }: Frame) => ({ kind, payload: [...payload] });

/** A frame with a right checksum and whatever else is asked for. */
function forged(
  header: readonly [version: number, kind: number, flags: number, zero: number],
  payload: Uint8Array,
) {
  const head = new Uint8Array(FRAME_HEADER);
  head.set(header);
  const view = new DataView(head.buffer);
  view.setUint32(4, payload.length, true);
  view.setUint32(8, crc32(payload, crc32(head.subarray(0, 8))), true);
  return Buffer.concat([head, payload]);
}

function compressedAs(length: number, content: Uint8Array): Uint8Array {
  const announced = Buffer.alloc(4);
  announced.writeUInt32LE(length);
  return forged([1, 7, 1, 0], Buffer.concat([announced, deflateRawSync(content)]));
}

const anyFrame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.nat(255),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.tuple(fc.nat(255), fc.nat(LIMIT)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  ),
});

describe("frames", () => {
  it("come out as they went in, compressed or not, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyFrame, fc.boolean()), { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map(([frame, compress]) => bytesOf(frame, compress)));
          const decoder = new FrameDecoder(LIMIT);
          const found: Frame[] = [];
          for (let at = 0; at < stream.length;) {
            const piece = stream.subarray(at, at + (cuts.next().value as number));
            found.push(...decoder.push(piece));
            at += piece.length;
          }
          expect(found.map(plain)).toEqual(frames.map(([frame]) => plain(frame)));
          expect(decoder.held).toBe(0);
        },
      ),
    );
  });

  it("travel compressed only when asked, and when that makes them smaller", () => {
    const long = { kind: 1, payload: new Uint8Array(4000).fill(7) };
    const random = { kind: 1, payload: Uint8Array.from({ length: 400 }, (_, i) => (i * i * 7919) >> 3) };
    expect(bytesOf(long)).toHaveLength(FRAME_HEADER + 4000);
    expect(bytesOf(long, true).length).toBeLessThan(100);
    expect(bytesOf(random, true).length).toBeLessThanOrEqual(FRAME_HEADER + 400);
    expect(bytesOf({ kind: 1, payload: new Uint8Array(50) }, true)).toHaveLength(FRAME_HEADER + 50);
  });

  it("keep their payload when the piece that brought them is written over", () => {
    const piece = bytesOf({ kind: 1, payload: Uint8Array.of(1, 2, 3) });
    const [frame] = [...new FrameDecoder(LIMIT).push(piece)];
    piece.fill(0);
    expect([...frame!.payload]).toEqual([1, 2, 3]);
  });

  it.each([
    ["another version", forged([2, 0, 0, 0], new Uint8Array(3)), "version 2 is not 1"],
    ["an unknown flag", forged([1, 0, 2, 0], new Uint8Array(3)), "flags 2 are not known"],
    ["a payload above the limit", forged([1, 0, 0, 0], new Uint8Array(LIMIT + 1)), "above the limit of 5000"],
    [
      "a compressed payload that announces more than the limit",
      compressedAs(LIMIT + 1, new Uint8Array(9)),
      "limit",
    ],
    [
      "a compressed payload that holds more than it announces",
      compressedAs(100, new Uint8Array(1e6)),
      "opened",
    ],
    ["a compressed payload that holds less", compressedAs(100, new Uint8Array(9)), "holds 9 bytes"],
    ["a compressed payload that is none", forged([1, 0, 1, 0], new Uint8Array(9).fill(255)), "frame"],
    ["a compressed payload without a length", forged([1, 0, 1, 0], new Uint8Array(3)), "does not say"],
  ])("with %s are refused", (_, bytes, message) => {
    const decoder = new FrameDecoder(LIMIT);
    expect(() => [...decoder.push(bytes)]).toThrow(FrameError);
    expect(() => [...new FrameDecoder(LIMIT).push(bytes)]).toThrow(message);
  });

  it("are refused when any bit of them turned over", () => {
    const frame = bytesOf({ kind: 3, payload: Uint8Array.of(5, 6) });
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = Uint8Array.from(frame);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const decoder = new FrameDecoder(LIMIT);
      const found = () => [
        ...decoder.push(Buffer.concat([flipped, bytesOf({ kind: 0, payload: new Uint8Array(LIMIT) })])),
      ];
      expect(found).toThrow(FrameError);
    }
  });

  it("are not looked for any more after a bad one: nothing says where the next begins", () => {
    const decoder = new FrameDecoder(LIMIT);
    expect(() => [...decoder.push(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9))]).toThrow(FrameError);
    expect(() => [...decoder.push(bytesOf({ kind: 1, payload: new Uint8Array(0) }))]).toThrow("version 9");
  });

  it("that come before a bad one are given out", () => {
    const decoder = new FrameDecoder(LIMIT);
    const found: Frame[] = [];
    const bytes = Buffer.concat([bytesOf({ kind: 4, payload: new Uint8Array(1) }), Buffer.alloc(12, 9)]);
    expect(() => {
      for (const frame of decoder.push(bytes)) found.push(frame);
    }).toThrow(FrameError);
    expect(found.map(({ kind }) => kind)).toEqual([4]);
  });

  it("cost no more memory than twice what has come of them, 64 KiB at least, whatever they announce", () => {
    const decoder = new FrameDecoder(2 ** 32 - 1);
    const header = new Uint8Array(FRAME_HEADER);
    header[0] = 1;
    new DataView(header.buffer).setUint32(4, 2 ** 32 - 1, true);
    expect([...decoder.push(header)]).toEqual([]);
    expect(decoder.held).toBeLessThanOrEqual(64 * 1024);
    for (let sent = 0; sent < 1_000_000; sent += 10_000) {
      expect([...decoder.push(new Uint8Array(10_000))]).toEqual([]);
      expect(decoder.held).toBeLessThanOrEqual(Math.max(64 * 1024, 2 * (sent + 10_000)));
    }
  });

  it("are found in random and in tampered bytes, or refused, with no other error and no more memory", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 1, max: 500 }),
        (frames, changes, random, size) => {
          const stream = Buffer.concat([...frames.map((frame) => bytesOf(frame, true)), random]);
          for (const [at, value] of changes) if (stream.length > 0) stream[at % stream.length] = value;
          const decoder = new FrameDecoder(LIMIT);
          try {
            for (let at = 0; at < stream.length; at += size) {
              for (const frame of decoder.push(stream.subarray(at, at + size))) {
                expect(frame.payload.length).toBeLessThanOrEqual(LIMIT);
              }
              expect(decoder.held).toBeLessThanOrEqual(LIMIT);
            }
          } catch (error) {
            if (!(error instanceof FrameError)) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
