import { describe, expect, it } from "@jest/globals";
import {
  areInReserve,
  askForWriter,
  namesWriter,
  parseWriter,
  setAside,
} from "../../../../src/toolkit/services/haproxy/writer.ts";
import type { Command } from "../../../../src/toolkit/steps/command.ts";
import { runWith } from "../shell.ts";

/* What HAProxy 2.6.12 answered with three database servers, the first one set aside, in two processes of one peer group. */
const TABLE = `# table: database, type: integer, size:1024, used:1
0x56521ce41c00: key=1 use=0 exp=86398992 server_id=2 server_key=node-2
`;
const STAT = [
  "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight",
  "database,FRONTEND,,,0,1,2000,3,12,35,0,0,0,,,,,OPEN,",
  "database,node-1,0,0,0,1,,1,4,14,,0,,0,0,0,0,MAINT,1",
  "database,node-2,0,0,0,1,,2,8,21,,0,,0,0,0,0,UP,1",
  "database,node-3,0,0,0,0,,0,0,0,,0,,0,0,0,0,UP 1/2,1",
  "database,BACKEND,0,0,0,1,200,3,12,35,0,0,,0,0,0,0,UP,1",
].join("\n");
const STATE = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 database 1 node-1 127.0.0.1 0 1 1 1
3 database 2 node-2 127.0.0.1 2 0 1 1
3 database 3 node-3 127.0.0.1 2 0 1 1
`;

const SOCAT = `case $(cat) in
"show table database") cat <<'RECORDED'
${TABLE}
RECORDED
;;
"show stat") cat <<'RECORDED'
${STAT}
RECORDED
;;
"show servers state database") cat <<'RECORDED'
${STATE}
RECORDED
;;
"set server database/node-1 state maint") ;;
*) echo "No such server." ;;
esac`;

const running = { systemctl: "exit 0", socat: SOCAT };
const told = ({ argv }: Command, programs: Readonly<Record<string, string>> = running) =>
  runWith(argv, { programs });

describe("the database writer of a balancer", () => {
  it("is the server that the shared table names", () => {
    const view = parseWriter(told(askForWriter()));
    expect(view.writer).toBe("node-2");
    expect([...view.servers]).toEqual([
      ["node-1", { isUp: false, isUntouched: false }],
      ["node-2", { isUp: true, isUntouched: true }],
      ["node-3", { isUp: false, isUntouched: true }],
    ]);
  });

  it("is nobody's while HAProxy is stopped, which is no error", () => {
    const stopped = { systemctl: "exit 3", socat: "exit 1" };
    expect(parseWriter(told(askForWriter(), stopped))).toEqual({ writer: undefined, servers: new Map() });
    for (const command of [
      setAside(["node-1"]),
      namesWriter("node-1").command,
      areInReserve(["node-1"]).command,
    ])
      expect(told(command, stopped).code).toBe(0);
  });

  it("is proven by the table and by a server that is up, for good", () => {
    expect(told(namesWriter("node-2").command).code).toBe(0);
    expect(told(namesWriter("node-1").command)).toMatchObject({ code: 1, stderr: "the writer is node-2\n" });
    expect(told(areInReserve(["node-2"]).command).code).toBe(0);
    expect(told(areInReserve(["node-2", "node-3"]).command)).toMatchObject({
      code: 1,
      stderr: "database/node-3 is UP 1/2\n",
    });
  });

  it("takes any word of HAProxy to a changing command for a refusal, as there is no exit code", () => {
    expect(told(setAside(["node-1"])).code).toBe(0);
    expect(told(setAside(["node-1", "node-9"]))).toMatchObject({
      code: 1,
      stderr: "set server database/node-9 state maint: No such server.\n",
    });
  });
});
