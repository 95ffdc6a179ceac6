/** The three calls of etcd's API that the benchmark makes, of both sides (etcd 3.4, `etcdserver/etcdserverpb/rpc.proto`). */
import { decodeMessage, encodeMessage } from "./protobuf.ts";

export const PUT = "/etcdserverpb.KV/Put";
export const RANGE = "/etcdserverpb.KV/Range";
export const STATUS = "/etcdserverpb.Maintenance/Status";

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What a member says of itself: `leader` is 0 while it knows none. */
export interface MemberStatus {
  readonly member: bigint;
  readonly leader: bigint;
  readonly applied: bigint;
}

const EMPTY = new Uint8Array(0);

export const encodePut = ({ key, value }: KeyValue): Uint8Array =>
  encodeMessage([
    [1, key],
    [2, value],
  ]);

export function decodePut(bytes: Uint8Array): KeyValue {
  const fields = decodeMessage(bytes);
  return { key: bytesOf(fields.get(1)), value: bytesOf(fields.get(2)) };
}

/** A read of one key: linearizable, or whatever the member knows, which etcd calls serializable. */
export interface RangeRequest {
  readonly key: Uint8Array;
  readonly isStale: boolean;
}

export const encodeRange = ({ key, isStale }: RangeRequest): Uint8Array =>
  encodeMessage(isStale ? [[1, key], [7, 1n]] : [[1, key]]); // prettier-ignore

export function decodeRange(bytes: Uint8Array): RangeRequest {
  const fields = decodeMessage(bytes);
  return { key: bytesOf(fields.get(1)), isStale: numberOf(fields.get(7)) === 1n };
}

/** The answer to a range of one key: none or one value. */
export const encodeRangeAnswer = (found: KeyValue | undefined): Uint8Array =>
  found === undefined
    ? EMPTY
    : encodeMessage([
        [
          2,
          encodeMessage([
            [1, found.key],
            [5, found.value],
          ]),
        ],
        [4, 1n],
      ]);

export function decodeRangeAnswer(bytes: Uint8Array): Uint8Array | undefined {
  const found = decodeMessage(bytes).get(2);
  return found instanceof Uint8Array ? bytesOf(decodeMessage(found).get(5)) : undefined;
}

export const encodeStatusAnswer = ({ member, leader, applied }: MemberStatus): Uint8Array =>
  encodeMessage([
    [1, encodeMessage([[2, member]])],
    [4, leader],
    [7, applied],
  ]);

export function decodeStatusAnswer(bytes: Uint8Array): MemberStatus {
  const fields = decodeMessage(bytes);
  return {
    member: numberOf(decodeMessage(bytesOf(fields.get(1))).get(2)),
    leader: numberOf(fields.get(4)),
    applied: numberOf(fields.get(7)),
  };
}

const bytesOf = (value: bigint | Uint8Array | undefined): Uint8Array =>
  value instanceof Uint8Array ? value : EMPTY;

const numberOf = (value: bigint | Uint8Array | undefined): bigint => (typeof value === "bigint" ? value : 0n);
