import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { until } from "../../fixtures/until.ts";
import { ask, askSocket, ClusterWithApi } from "../api/cluster-with-api.ts";

/* Threads, real disks and real time, on a machine that may be busy. */
jest.setTimeout(120_000);

/** The samples of a text in Prometheus' format, by name and labels. Throws for a line that is none. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE (\S+) (gauge|counter|histogram)$/.exec(line);
    if (type) types.set(type[1]!, type[2]!);
    else if (!/^# HELP \S+ \S/.test(line)) {
      const [, name, labels = "", value] =
        /^([a-z_]+)(\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? (-?[\d.e+-]+)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`no sample: ${line}`);
      expect(types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, "")) === "histogram").toBe(
        true,
      );
      if (types.get(name) === "counter") expect(name).toMatch(/_total$/);
      samples.set(name + labels, Number(value));
    }
  }
  return samples;
}

describe("the metrics of a node", () => {
  let cluster: ClusterWithApi;
  beforeAll(async () => {
    cluster = await ClusterWithApi.start();
  });
  afterAll(() => cluster.end());

  it("tell how Raft, gossip, the registry, mail and the process are", async () => {
    await askSocket(cluster.door("node-1"), "PUT", "/api/cluster/state", { body: { key: "k", value: "" } });
    const door = cluster.door("node-1");
    // On a busy machine a node may be late with its report.
    const WELL = 'mailbastion_cluster_nodes{state="active"} 3';
    await until(async () => (await askSocket(door, "GET", "/metrics")).text.includes(WELL));
    const { status, headers, text } = await askSocket(door, "GET", "/metrics");
    expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const samples = samplesOf(text);
    const part = cluster.cluster.get("node-1").member.part();
    expect(Object.fromEntries(samples)).toMatchObject({
      mailbastion_raft_term: part.term,
      mailbastion_raft_is_leader: Number(part.leader === "node-1"),
      'mailbastion_cluster_state{state="forming"}': 0,
      'mailbastion_gossip_members{state="left"}': 0,
      'mailbastion_build_info{version="1.2.3"}': 1,
      'mailbastion_raft_snapshots_total{what="installed"}': 0,
      mailbastion_queue_messages: 7,
      mailbastion_queue_failed_bytes: 8192,
      mailbastion_queue_filesystem_avail_bytes: 1_000_000,
      mailbastion_smtp_sessions: 2,
      mailbastion_draining: 0,
    });
    // On a busy machine a node may doubt itself.
    expect(samples.get("mailbastion_gossip_doubt")).toBeGreaterThanOrEqual(0);
    for (const name of [
      "mailbastion_raft_leader_changes_total",
      'mailbastion_raft_proposals_total{outcome="accepted"}',
      'mailbastion_raft_commit_duration_seconds_bucket{le="+Inf"}',
      'mailbastion_raft_persist_duration_seconds_bucket{le="+Inf"}',
      "mailbastion_raft_persist_duration_seconds_sum",
      "mailbastion_raft_commit_index",
      "mailbastion_raft_applied_index",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
    ])
      expect(samples.get(name)).toBeGreaterThan(0);
  });

  it("are for the local socket and for viewers, and for nobody else", async () => {
    const door = cluster.door("node-1");
    const token = await cluster.token("monitoring", "viewer");
    expect((await ask(door, "GET", "/metrics", { token })).status).toBe(200);
    const stranger = await ask(door, "GET", "/metrics");
    expect([stranger.status, stranger.headers["content-type"]]).toEqual([401, "application/problem+json"]);
    expect((await ask(door, "POST", "/metrics", { token })).status).toBe(405);
  });

  it("tell how many were refused, and why", async () => {
    const door = cluster.door("node-3");
    const refused = async (): Promise<readonly (number | undefined)[]> => {
      const samples = samplesOf((await askSocket(door, "GET", "/metrics")).text);
      return ["unauthenticated", "too-many-requests", "forbidden"].map((reason) =>
        samples.get(`mailbastion_admin_refused_requests_total{reason="${reason}"}`),
      );
    };
    expect(await refused()).toEqual([0, 0, 0]);
    const token = await cluster.token("looker", "viewer");
    // What node-1 has granted may not be here yet.
    await until(() => cluster.cluster.get("node-3").member.roles.authenticate(token) !== undefined);
    expect((await ask(door, "POST", "/api/cluster/leader", { token, body: {} })).status).toBe(403);
    let guesses = 1;
    while ((await ask(door, "GET", "/metrics", { token: "guessed" })).status !== 429) guesses++;
    expect(guesses).toBeGreaterThan(10);
    expect((await ask(door, "GET", "/metrics", { token })).status).toBe(200);
    expect(await refused()).toEqual([guesses - 1, 1, 1]);
  });
});
