import { describe, expect, it } from "@jest/globals";
import {
  parsePositionSinceStop,
  parseRecoveredPosition,
} from "../../../../src/toolkit/services/galera/recovered-position.ts";

const UUID = "82427ec6-e685-11f1-923a-a2e7766fb756";

describe("a recovered position", () => {
  it("is read with and without the GTID that the server adds in GTID mode", () => {
    expect(parseRecoveredPosition(`WSREP: Recovered position ${UUID}:6\n`)).toEqual({
      uuid: UUID,
      seqno: 6n,
    });
    expect(parseRecoveredPosition(`WSREP: Recovered position: ${UUID}:6,0-1-9\n`)).toEqual({
      uuid: UUID,
      seqno: 6n,
    });
  });

  it("is the last one of the log", () => {
    const log = `WSREP: Recovered position ${UUID}:6\nother\nWSREP: Recovered position ${UUID}:8\n`;
    expect(parseRecoveredPosition(log)!.seqno).toBe(8n);
  });

  it("is not known where the server prints the unsigned -1", () => {
    expect(parseRecoveredPosition(`WSREP: Recovered position: ${UUID}:18446744073709551615\n`)!.seqno).toBe(
      -1n,
    );
  });

  it("is absent from a log without one", () => {
    expect(parseRecoveredPosition("WSREP: Position recovery skipped.\n")).toBeUndefined();
  });

  it("counts for nothing when the server ran since, as its place has moved on", () => {
    const recovered = `WSREP: Recovered position ${UUID}:6`;
    expect(parsePositionSinceStop(`${recovered}\n`)!.seqno).toBe(6n);
    expect(
      parsePositionSinceStop(`${recovered}\nSynchronized with group, ready for connections\n`),
    ).toBeUndefined();
  });
});
