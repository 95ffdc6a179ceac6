import { describe, expect, it } from "@jest/globals";
import { formatCidr } from "../../../src/support/ipv4.ts";
import { addBlackhole, blackholes, removeBlackhole, routesOf } from "../../../src/toolkit/lab/routes.ts";
import { FakeHost } from "./fake-host.ts";

const TABLE = JSON.stringify([
  { dst: "default", gateway: "192.0.2.1", dev: "eth0", flags: [] },
  { dst: "192.0.2.0/24", dev: "eth0", protocol: "kernel" },
  { dst: "198.51.100.7", gateway: "192.0.2.1", dev: "eth0" },
  { type: "blackhole", dst: "10.77.4.0/24", protocol: "77", metric: 4294900000 },
]);

describe("routes", () => {
  it("lists what the host routes, single addresses too, without the default", async () => {
    const host = new FakeHost({ answer: () => ({ stdout: TABLE }) });
    expect((await routesOf(host)).map(({ cidr, by }) => [formatCidr(cidr), by])).toEqual([
      ["192.0.2.0/24", "a route of this machine (eth0)"],
      ["198.51.100.7/32", "a route of this machine (eth0)"],
      ["10.77.4.0/24", "another lab"],
    ]);
  });

  it("sets and removes a blackhole that is known as the lab's and comes after the bridge", async () => {
    const host = new FakeHost();
    await addBlackhole(host, "10.77.4.0/24");
    await removeBlackhole(host, "10.77.4.0/24");
    expect(await blackholes(host)).toEqual([]);
    expect(host.commands).toEqual([
      "ip route replace blackhole 10.77.4.0/24 proto 77 metric 4294900000",
      "ip route del blackhole 10.77.4.0/24 proto 77",
      "ip -j route show type blackhole proto 77",
    ]);
  });

  it("says that root is needed when the route is refused", async () => {
    const host = new FakeHost({
      answer: () => ({ code: 2, stderr: "RTNETLINK answers: Operation not permitted\n" }),
    });
    await expect(addBlackhole(host, "10.77.4.0/24")).rejects.toMatchObject({ code: "LAB_NEEDS_ROOT" });
  });
});
