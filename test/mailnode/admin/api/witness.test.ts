import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { API_OPERATIONS, API_ROOT } from "../../../../src/contract/api-operations.ts";
import { TestCluster } from "../../node/members.ts";
import { until } from "../../fixtures/until.ts";
import { ask, askSocket, openDoor, type Door } from "./cluster-with-api.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

/** The least that each of the others takes, to come to the witness itself. */
const QUERIES: Readonly<Record<string, string>> = { getState: "?key=k", getConfig: "?name=policy" };

describe("the local socket of a witness", () => {
  let cluster: TestCluster;
  let door: Door;

  beforeAll(async () => {
    cluster = await TestCluster.make("node-1", "node-2", "node-3");
    await cluster.start("node-1");
    await cluster.start("node-2");
    const { member } = await cluster.start("node-3", { witness: true });
    await until(() => member.part().standing === "witness" && member.leader() !== undefined);
    door = await openDoor(cluster.home, "node-3", () => member);
  });
  afterAll(async () => {
    await door.part.stop();
    await cluster.end();
  });

  it.each(["/status", "/members", "/leader"])("tells what takes no state: %s", async (path) => {
    expect((await askSocket(door, "GET", `${API_ROOT}${path}`)).status).toBe(200);
  });

  it.each(
    Object.entries(API_OPERATIONS).filter(([id]) => !["getStatus", "getMembers", "getLeader"].includes(id)),
  )("refuses %s: it could not look it up, or would not see that it is done", async (id, { method, path }) => {
    const answer = await askSocket(door, method, `${API_ROOT}${path}${QUERIES[id] ?? ""}`);
    expect([answer.status, answer.body.reason]).toEqual([503, "witness"]);
  });

  it("is as the console is to everybody, token or none", async () => {
    const answer = await ask(door, "GET", `${API_ROOT}/members`, { token: "mb_none" });
    expect([answer.status, answer.body.reason]).toEqual([503, "witness"]);
  });

  it("changes no member: what was asked is not half done", async () => {
    const body = { action: "remove", node: "node-2" };
    const before = cluster.get("node-1").member.part().members;
    expect((await askSocket(door, "POST", `${API_ROOT}/members`, { body })).status).toBe(503);
    expect(cluster.get("node-1").member.part().members).toEqual(before);
  });
});
