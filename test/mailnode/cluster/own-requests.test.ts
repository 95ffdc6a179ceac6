import { describe, expect, it } from "@jest/globals";
import { OwnRequests } from "../../../src/mailnode/cluster/own-requests.ts";
import { DONE, refuse } from "../../../src/mailnode/state/result.ts";

const SESSION = 7;

describe("a node's own requests", () => {
  it("are numbered, and say which is the first without an answer", () => {
    const requests = new OwnRequests();
    const [first, second] = [requests.begin(SESSION), requests.begin(SESSION)];
    expect(second.request).toEqual({ session: SESSION, sequence: 1, firstUnanswered: 0 });
    requests.end(second);
    expect(requests.begin(SESSION).request).toEqual({ session: SESSION, sequence: 2, firstUnanswered: 0 });
    requests.end(first);
    expect(requests.begin(SESSION).request).toEqual({ session: SESSION, sequence: 3, firstUnanswered: 2 });
  });

  it("are settled once, by what was applied under their session", async () => {
    const requests = new OwnRequests();
    const own = requests.begin(SESSION);
    const settled = own.settled();
    requests.settle({ ...own.request, session: SESSION + 1 }, refuse("NOT_FOUND", "another session's"));
    requests.settle(own.request, DONE);
    own.settle(undefined);
    expect(await settled).toBe(DONE);
    expect(await own.settled()).toBe(DONE);
  });

  it("count as answered once they are applied here, also while more disks are waited for", () => {
    const requests = new OwnRequests();
    const slow = requests.begin(SESSION);
    requests.settle(slow.request, DONE);
    expect(requests.begin(SESSION).request.firstUnanswered).toBe(1);
  });

  it("are settled by a snapshot that knows the answer", async () => {
    const requests = new OwnRequests();
    const [known, unknown] = [requests.begin(SESSION), requests.begin(SESSION)];
    const ends = [known.settled(), unknown.settled()];
    requests.settleBy((_session, sequence) => (sequence === known.request.sequence ? DONE : undefined));
    unknown.settle(undefined);
    expect(await Promise.all(ends)).toEqual([DONE, undefined]);
  });

  it("fail with the try that is under way, and wait anew with the next one", async () => {
    const requests = new OwnRequests();
    const own = requests.begin(SESSION);
    const lost = new Error("no answer");
    await expect(own.settled(Promise.reject(lost))).rejects.toBe(lost);
    const again = own.settled(new Promise(() => undefined));
    own.settle(DONE);
    expect(await again).toBe(DONE);
    // A try that fails when all is settled is nobody's business.
    expect(await own.settled(Promise.reject(lost))).toBe(DONE);
  });
});
