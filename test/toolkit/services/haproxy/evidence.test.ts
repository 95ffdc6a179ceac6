import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { haproxyEvidence } from "../../../../src/toolkit/services/haproxy/evidence.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { printing, runWith } from "../shell.ts";

/*
 * What HAProxy 2.6.12 of Debian 12 said a moment after a reload: smtp/node-1 set to maintenance, node-2 to drain, node-3
 * to drain and its port closed; a session to the database through the new worker and one through the old.
 */
const RECORDED = readFileSync(new URL("recorded-look.txt", import.meta.url), "utf8");

const parse = (stdout: string, code = 0) => haproxyEvidence.parse({ code, stdout, stderr: "" });
const [machine] = threeMachines.machines;

describe("what a balancer says of itself", () => {
  const found = parse(RECORDED)!;
  const server = (proxy: string, name: string) =>
    found.servers.find((each) => each.proxy === proxy && each.server === name);

  it("has a line for each server and none for the listeners themselves", () => {
    expect(found.servers.map(({ proxy, server }) => `${proxy}/${server}`)).toEqual([
      "smtp/node-1",
      "smtp/node-2",
      "smtp/node-3",
      "database/node-1",
      "database/node-2",
      "database/node-3",
      "cache/node-1",
      "cache/node-2",
    ]);
  });

  it("tells what an operator set from what the checks say: a drained server that is down shows as DOWN alone", () => {
    expect(server("smtp", "node-1")).toMatchObject({ status: "MAINT", admin: "maint", isUp: false });
    expect(server("smtp", "node-2")).toMatchObject({ status: "DRAIN", admin: "drain", isUp: true });
    expect(server("smtp", "node-3")).toMatchObject({
      status: "DOWN",
      admin: "drain",
      isUp: false,
      check: "L4CON Connection refused",
    });
    expect(server("database", "node-2")).toMatchObject({
      status: "UP",
      admin: "ready",
      isUp: true,
      check: "",
    });
  });

  it("names the writer that the balancers remember, and the processes that a reload left behind", () => {
    expect(found.writer).toBe("node-1");
    expect(found.oldWorkers).toEqual([{ pid: 23082, uptime: "0d00h00m05s" }]);
  });

  it("counts its sessions", () => {
    expect(found).toMatchObject({ version: "2.6.12-1+deb12u4", connections: 1, maxConnections: 9972 });
    expect(server("database", "node-1")?.sessions).toBe(1);
  });

  it("takes for the writer whoever can be used when the remembered one cannot, or there is none", () => {
    const without = RECORDED.replace(/^0x.*$/m, "");
    expect(parse(without)?.writer).toBe("node-1");
    const other = RECORDED.replace("server_key=node-1", "server_key=node-2");
    expect(parse(other)?.writer).toBe("node-2");
    const down = RECORDED.replace("server_key=node-1", "server_key=node-3");
    expect(parse(down)?.writer).toBe("node-1");
    const nobody = RECORDED.replaceAll(/^(database,node-\d,.*),UP,/gm, "$1,DOWN,");
    expect(parse(nobody)?.writer).toBeUndefined();
  });

  it("is nothing where HAProxy does not answer", () => {
    expect(parse("@info\n", 1)).toBeUndefined();
  });

  it("is asked so that a master socket that is not there costs the old processes alone", () => {
    const socat = `case "$*" in *master.sock) exit 1 ;; esac
case $(cat) in
  'show info') ${printing("Version: 2.6.12", 0)}
  ;;
  *) echo ;;
esac`.replace("\nexit 0", "");
    const answer = runWith(haproxyEvidence.command(threeMachines, machine!).argv, { programs: { socat } });
    expect(answer.code).toBe(0);
    expect(haproxyEvidence.parse(answer)).toMatchObject({ version: "2.6.12", oldWorkers: [], servers: [] });
  });

  it("is asked by a command that only reads", () => {
    expect(haproxyEvidence.command(threeMachines, machine!).mutates).toBe(false);
  });
});
