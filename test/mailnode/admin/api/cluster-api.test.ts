import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { API_OPERATIONS, API_ROOT, type ApiOperation } from "../../../../src/contract/api-operations.ts";
import { ROLES, mayAct } from "../../../../src/contract/states.ts";
import { until } from "../../fixtures/until.ts";
import { onLeaderAlone } from "../../node/on-leader-alone.ts";
import { ask, askSocket, ClusterWithApi, openDoor, type Answered } from "./cluster-with-api.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const code = ({ body }: Answered): string => body.type.split(":").at(-1)!;

describe("the API of a cluster", () => {
  let cluster: ClusterWithApi;
  const tokens: Record<string, string> = {};
  const as = (
    role: string,
    method: string,
    path: string,
    body?: unknown,
    node = "node-2",
  ): Promise<Answered> =>
    ask(cluster.door(node), method, `${API_ROOT}${path}`, { token: tokens[role]!, body });

  beforeAll(async () => {
    cluster = await ClusterWithApi.start();
    for (const role of ["admin", "operator", "viewer"])
      tokens[role] = await cluster.token(`the-${role}`, role);
    // Tokens were made on node-1 and are known to the others once they have applied them.
    await until(async () => (await as("viewer", "GET", "/status")).status === 200);
  });
  afterAll(() => cluster.end());

  it("tells how the cluster is, who is in it and who leads", async () => {
    let status = await as("viewer", "GET", "/status");
    // On a busy machine a node may be late with its report.
    for (; status.body.healthyNodes < 3; status = await as("viewer", "GET", "/status")) await wait(50);
    expect(status.body).toMatchObject({ cluster: "acme", node: "node-2", totalNodes: 3 });
    const { body: nodes } = await as("viewer", "GET", "/nodes");
    expect(nodes.nodes.map(({ id }) => id)).toEqual(["node-1", "node-2", "node-3"]);
    const { body: members } = await as("viewer", "GET", "/members");
    expect(members.members.map(({ node, standing }) => `${node} ${standing}`)).toEqual([
      "node-1 voter",
      "node-2 voter",
      "node-3 voter",
    ]);
    const { body: leader } = await as("viewer", "GET", "/leader");
    expect(["node-1", "node-2", "node-3"]).toContain(leader.leader.node);
  });

  it("writes, reads, compares and deletes keys, seen on every node at once", async () => {
    const put = await as("operator", "PUT", "/state", { key: "k", value: base64("one"), expect: 0 });
    expect(put).toMatchObject({ status: 200, body: { committed: true } });
    const read = await as("viewer", "GET", "/state?key=k", undefined, "node-3");
    expect(read.body).toEqual({
      key: "k",
      value: base64("one"),
      version: put.body.version,
      priority: "normal",
    });
    const late = await as("operator", "PUT", "/state", { key: "k", value: base64("two"), expect: 0 });
    expect([late.status, code(late), late.body.reason]).toEqual([
      409,
      "version-mismatch",
      "VERSION_MISMATCH",
    ]);
    const gone = await as("operator", "DELETE", `/state?key=k&expect=${put.body.version}`);
    expect(gone.status).toBe(200);
    const absent = await as("viewer", "GET", "/state?key=k");
    expect([absent.status, code(absent)]).toEqual([404, "not-found"]);
    expect((await as("operator", "DELETE", "/state?key=k")).status).toBe(404);
  });

  it("says 202 of a write that the leader alone has", async () => {
    const weak = { key: "weak", value: base64("x") };
    expect((await as("operator", "PUT", "/state", weak)).status).toBe(200);
    const put = await onLeaderAlone(cluster.cluster.get("node-1").member, () =>
      as("operator", "PUT", "/state", { ...weak, level: "one" }),
    );
    expect(put).toMatchObject({ status: 202, body: { committed: false } });
    expect((await as("operator", "DELETE", "/state?key=weak&level=all")).status).toBe(200);
  });

  it("tells when a key ends, and takes a value of nearly 1 MiB", async () => {
    const value = Buffer.alloc(1_000_000, 7).toString("base64");
    const put = await as("operator", "PUT", "/state", { key: "large", value, ttlMs: 60_000 });
    expect(put.status).toBe(200);
    const { body } = await as("viewer", "GET", "/state?key=large&consistency=stale");
    expect(body.value).toBe(value);
    expect(body.expiresInMs).toBeLessThanOrEqual(60_000);
    await as("operator", "DELETE", "/state?key=large");
  });

  it("waits for a key's next version, and answers as it is when the time is over", async () => {
    const first = await as("operator", "PUT", "/state", { key: "w", value: base64("1") });
    const waiting = as(
      "viewer",
      "GET",
      `/state?key=w&after=${first.body.version}&waitMs=60000`,
      undefined,
      "node-1",
    );
    const second = await as("operator", "PUT", "/state", { key: "w", value: base64("2") });
    expect((await waiting).body).toMatchObject({ value: base64("2"), version: second.body.version });
    const idle = await as("viewer", "GET", `/state?key=w&after=${second.body.version}&waitMs=1`);
    expect(idle.body.version).toBe(second.body.version);
    const never = await as("viewer", "GET", "/state?key=nothing&waitMs=1");
    expect(never.status).toBe(404);
  });

  it("gives a configuration document to all nodes, with its version and who wrote it", async () => {
    expect((await as("viewer", "GET", "/config?name=rules")).status).toBe(404);
    const put = await as("admin", "PUT", "/config", { name: "rules", content: base64("a: 1"), expect: 0 });
    expect(put.body).toEqual({ name: "rules", version: 1 });
    const { body } = await as("viewer", "GET", "/config?name=rules", undefined, "node-3");
    expect(body).toMatchObject({ content: base64("a: 1"), version: 1, by: "the-admin" });
    expect(body.nodes.map(({ node }) => node)).toEqual(["node-1", "node-2", "node-3"]);
    const late = await as("admin", "PUT", "/config", { name: "rules", content: "", expect: 0 });
    expect([late.status, code(late)]).toEqual([409, "version-mismatch"]);
  });

  it("takes a node out of service and back, and refuses one that is not there", async () => {
    const enter = { node: "node-3", action: "enter", drainTimeoutMs: 1 };
    const entered = await as("operator", "POST", "/maintenance", enter);
    expect(entered.body.nodes).toMatchObject([{ node: "node-3", by: "the-operator" }]);
    const twice = await as("operator", "POST", "/maintenance", enter);
    expect([twice.status, twice.body.reason]).toEqual([409, "IN_MAINTENANCE"]);
    await until(async () => {
      const { body } = await as("viewer", "GET", "/maintenance");
      return body.nodes[0]?.phase === "maintenance";
    });
    expect(cluster.cluster.get("node-3").service.isOpen).toBe(false);
    const exited = await as("operator", "POST", "/maintenance", { node: "node-3", action: "exit" });
    expect(exited.body.nodes).toEqual([]);
    expect((await as("operator", "POST", "/maintenance", { node: "node-3", action: "exit" })).status).toBe(
      404,
    );
    const slip = await as("operator", "POST", "/maintenance", { ...enter, node: "node-9" });
    expect([slip.status, slip.body.remedy]).toEqual([404, "name one of node-1, node-2, node-3"]);
  });

  it("hands leadership over, to whom it was told", async () => {
    await until(async () => (await as("viewer", "GET", "/status")).body.status === "healthy");
    const { body: before } = await as("viewer", "GET", "/leader");
    const to = ["node-1", "node-2", "node-3"].find((node) => node !== before.leader.node);
    const { status, body } = await as("operator", "POST", "/leader", { to });
    expect([status, body.leader.node]).toEqual([200, to]);
    const slip = await as("operator", "POST", "/leader", { to: "node-9" });
    expect([slip.status, slip.body.reason]).toEqual([404, "CLUSTER_MEMBER_UNKNOWN"]);
  });

  it("changes no members for a name that nobody has, and none twice", async () => {
    for (const action of ["add", "promote"]) {
      const slip = await as("admin", "POST", "/members", { action, node: "node-9" });
      expect([slip.status, code(slip)]).toEqual([404, "not-found"]);
    }
    const again = await as("admin", "POST", "/members", { action: "promote", node: "node-1" });
    expect(again.body.members).toHaveLength(3);
  });

  it("keeps accounts: a new token ends the old one, and the last admin stays", async () => {
    const first = await as("admin", "PUT", "/accounts", { name: "monitoring", role: "viewer" });
    const second = await as("admin", "PUT", "/accounts", { name: "monitoring", role: "viewer" });
    const with_ = (token: string): Promise<Answered> =>
      ask(cluster.door("node-2"), "GET", `${API_ROOT}/status`, { token });
    expect((await with_(first.body.token)).status).toBe(401);
    expect((await with_(second.body.token)).status).toBe(200);
    const left = await as("admin", "DELETE", "/accounts?name=monitoring");
    expect(left.body.accounts.map(({ name }) => name)).toEqual(["the-admin", "the-operator", "the-viewer"]);
    expect((await with_(second.body.token)).status).toBe(401);
    const last = await as("admin", "DELETE", "/accounts?name=the-admin");
    expect([last.status, last.body.reason]).toEqual([409, "LAST_ADMIN"]);
    expect((await as("admin", "DELETE", "/accounts?name=nobody")).status).toBe(404);
  });

  it("writes down every change with who made it and what came of it, and no read", async () => {
    const { body } = await as("viewer", "GET", "/audit");
    const lines = body.records.map(
      ({ actor, action, target, outcome }) => `${actor} ${action} ${target} ${outcome}`,
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^local:uid-\d+ account.put the-admin done$/),
        "the-operator key.set k done",
        "the-operator key.set k VERSION_MISMATCH",
        "the-operator key.delete k done",
        "the-admin config.put rules done",
        "the-operator maintenance.enter node-3 done",
        "the-operator maintenance.exit node-3 done",
        "the-admin account.remove monitoring done",
        "the-admin account.remove the-admin LAST_ADMIN",
      ]),
    );
    expect(lines.some((line) => /^the-operator \S*leader/.test(line))).toBe(true);
    expect(lines.some((line) => line.startsWith("the-viewer "))).toBe(false);
    const { body: some } = await as("viewer", "GET", "/audit?actor=the-admin&action=config.put&limit=1");
    expect(some.records).toMatchObject([{ action: "config.put", outcome: "VERSION_MISMATCH" }]);
    const { body: later } = await as("viewer", "GET", `/audit?after=${body.records.at(-1)!.index}`);
    expect(later.records).toEqual([]);
    // In parts, each after the last of the one before, nothing is missed.
    const { body: first } = await as("viewer", "GET", "/audit?after=0&limit=2");
    const { body: second } = await as("viewer", "GET", `/audit?after=${first.records.at(-1)!.index}&limit=2`);
    expect([...first.records, ...second.records]).toEqual(body.records.slice(0, 4));
  });

  const operations = Object.entries(API_OPERATIONS) as [string, ApiOperation][];
  it.each(operations)(
    "lets do %s only who has the role, and nobody without a token",
    async (_id, operation) => {
      const { method, path, role } = operation;
      // What breaks the rules shows that the role was enough, and changes nothing.
      const raw = operation.body ? "{}{" : undefined;
      const ways = ROLES.map(async (held) => {
        const door = cluster.door("node-2");
        const { status } = await ask(door, method, `${API_ROOT}${path}?x=1`, {
          token: tokens[held]!,
          ...(raw && { raw }),
        });
        return [held, status] as const;
      });
      expect(await Promise.all(ways)).toEqual(ROLES.map((held) => [held, mayAct(held, role) ? 422 : 403]));
      const stranger = await ask(cluster.door("node-3"), method, `${API_ROOT}${path}`);
      expect([401, 429]).toContain(stranger.status);
    },
  );

  it("tells strangers nothing: no resource, no method, no account can be guessed from an answer", async () => {
    const door = cluster.door("node-1");
    const tries = [
      { path: "/status" },
      { path: "/nothing" },
      { path: "/status", token: "wrong" },
      { path: "/status", headers: { authorization: "Basic cm9vdDpyb290" } },
      { path: "/status", token: `${tokens["admin"]}x` },
    ];
    const answers = [];
    for (const { path, ...asked } of tries)
      answers.push(await ask(door, "POST", `${API_ROOT}${path}`, asked));
    const told = answers.map(({ status, headers, body }) => ({
      ...body,
      status,
      challenge: headers["www-authenticate"],
      requestId: "",
    }));
    expect(told[0]).toMatchObject({ status: 401, challenge: 'Bearer realm="mailbastion"' });
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it("limits failures by address, and lets a valid token pass all the same", async () => {
    const door = cluster.door("node-3");
    const wrong = (): Promise<Answered> => ask(door, "GET", `${API_ROOT}/status`, { token: "wrong" });
    const statuses = [];
    for (let i = 0; i < 30; i++) statuses.push((await wrong()).status);
    expect(statuses.at(-1)).toBe(429);
    expect(Number((await wrong()).headers["retry-after"])).toBeGreaterThan(0);
    expect((await as("viewer", "GET", "/status", undefined, "node-3")).status).toBe(200);
  });

  it("answers what is not there with 404, other methods with 405 and what it knows, and names the request", async () => {
    const nothing = await as("viewer", "GET", "/nothing");
    expect([nothing.status, code(nothing)]).toEqual([404, "not-found"]);
    expect((await as("viewer", "GET", "")).status).toBe(404);
    const other = await as("viewer", "PATCH", "/state");
    expect([other.status, other.headers.allow]).toEqual([405, "GET, PUT, DELETE"]);
    const named = await ask(cluster.door("node-1"), "GET", `${API_ROOT}/status`, {
      token: tokens["viewer"]!,
      headers: { "x-request-id": "mine-1" },
    });
    expect(named.headers["x-request-id"]).toBe("mine-1");
  });

  it("says of a request that breaks rules which ones, without repeating what was sent", async () => {
    const { status, body } = await as("operator", "PUT", "/state", {
      key: "",
      value: "hunter2!",
      level: "most",
      ttl: 1,
    });
    expect(status).toBe(422);
    expect(body.faults.map(({ path }) => path).sort()).toEqual(["key", "level", "ttl", "value"]);
    expect(JSON.stringify(body)).not.toContain("hunter2");
    const twice = await as("viewer", "GET", "/state?key=a&key=b&after=");
    expect(twice.body.faults).toEqual([
      { path: "key", rule: "must be given once" },
      { path: "after", rule: "must not be empty" },
    ]);
    const half = await as("operator", "PUT", "/state", { key: "half \ud83d", value: "" });
    expect([half.status, half.body.faults[0]!.path]).toEqual([422, "key"]);
    const name = await as("admin", "PUT", "/accounts", { name: "\ude00", role: "viewer" });
    expect([name.status, name.body.faults[0]!.path]).toEqual([422, "name"]);
    const year = await as("operator", "PUT", "/state", { key: "k", value: "", ttlMs: 1e12 });
    expect([year.status, code(year)]).toEqual([422, "invalid"]);
  });

  it("takes bodies of JSON in UTF-8 alone, and no larger than a value may be", async () => {
    const put = (raw: string | Buffer, headers = {}): Promise<Answered> =>
      ask(cluster.door("node-1"), "PUT", `${API_ROOT}/state`, { token: tokens["operator"]!, raw, headers });
    expect((await put("{")).status).toBe(400);
    expect((await put(Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400);
    expect((await put("{}", { "content-type": "text/plain" })).status).toBe(415);
    const long = await put(Buffer.alloc(4_000_000, 0x20));
    expect([long.status, code(long)]).toEqual([413, "too-large"]);
    const command = await put(
      JSON.stringify({ key: "k", value: Buffer.alloc(1_048_576).toString("base64") }),
    );
    expect([command.status, command.body.reason]).toEqual([413, "too-large"]);
  });

  it("is the same on the local socket, where whoever may open it is an admin", async () => {
    const put = await askSocket(cluster.door("node-1"), "PUT", `${API_ROOT}/state`, {
      body: { key: "s", value: "" },
      headers: { "x-local-user": "alice" },
    });
    expect(put.status).toBe(200);
    const audit = await askSocket(cluster.door("node-1"), "GET", `${API_ROOT}/audit?actor=local:alice`);
    expect(audit.body.records).toMatchObject([{ action: "key.set", target: "s" }]);
    const forged = await askSocket(cluster.door("node-1"), "PUT", `${API_ROOT}/state`, {
      body: { key: "s", value: "" },
      headers: { "x-local-user": "alice done" },
    });
    expect(forged.status).toBe(200);
    const again = await askSocket(cluster.door("node-1"), "GET", `${API_ROOT}/audit?actor=local:alice`);
    expect(again.body.records).toHaveLength(1);
  });

  it("says what a node answers that is in no cluster", async () => {
    const home = await mkdtemp(join(tmpdir(), "alone-"));
    const door = await openDoor(home, "alone", () => undefined);
    const { status, body } = await askSocket(door, "GET", `${API_ROOT}/status`);
    expect([status, body.detail]).toEqual([404, "this node is in no cluster"]);
    expect((await ask(door, "GET", `${API_ROOT}/status`, { token: tokens["admin"]! })).status).toBe(401);
    await door.part.stop();
    await rm(home, { recursive: true });
  });

  describe("when nodes are gone", () => {
    it("says of a write for which a disk was missing that it is committed, and on how many", async () => {
      await cluster.cluster.stop("node-3");
      const put = await as(
        "operator",
        "PUT",
        "/state",
        { key: "all", value: base64("x"), level: "all" },
        "node-1",
      );
      expect([put.status, code(put)]).toEqual([507, "level-not-met"]);
      expect(put.body).toMatchObject({ level: "all", replicas: 2 });
      expect((await as("viewer", "GET", "/state?key=all", undefined, "node-1")).status).toBe(200);
    });

    it("takes nothing without a quorum, says so, and still reads from memory and tells how it is", async () => {
      await cluster.cluster.stop("node-2");
      const put = await as("operator", "PUT", "/state", { key: "late", value: base64("x") }, "node-1");
      // Whether a leader had appended it when it lost its quorum decides between the two.
      expect([503, 504]).toContain(put.status);
      const read = await as("viewer", "GET", "/state?key=all", undefined, "node-1");
      expect([read.status, code(read), read.body.reason]).toEqual([503, "not-proposed", "no-leader"]);
      expect(read.headers["retry-after"]).toBe("1");
      expect(
        (await as("viewer", "GET", "/state?key=all&consistency=stale", undefined, "node-1")).status,
      ).toBe(200);
      expect((await as("viewer", "GET", "/status", undefined, "node-1")).body.status).toBe("failed");
    });
  });
});
