import { describe, expect, it } from "@jest/globals";
import { RELEASE } from "../../../src/contract/release-layout.ts";
import { localSocketPath } from "../../../src/mailnode/node/local-socket-path.ts";

describe("the place of the local socket", () => {
  it("is in the directory that the unit made, where mbnode ctl looks for it", () => {
    expect(localSocketPath({ RUNTIME_DIRECTORY: "/run/mailbastion" })).toBe(RELEASE.socket);
  });

  it("is nowhere for a node that was started by hand", () => {
    expect(localSocketPath({})).toBeUndefined();
  });
});
