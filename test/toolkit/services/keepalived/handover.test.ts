import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { handOver, leaveVip, mayBearVip } from "../../../../src/toolkit/services/keepalived/handover.ts";
import { runWith } from "../shell.ts";

/*
 * The script runs in a real shell. What would change this machine's network writes down that it was called; keepalived
 * is a stand-in that lets the VIP go when the mark is there, which stands for its own end too.
 */

const VIP_MARK = "/var/lib/mailbastion-drain/vip";

describe("handing the VIP over", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "handover-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  interface World {
    readonly bearsVip: boolean;
    readonly letsGo?: boolean;
    /** In the FRONTEND of smtp, at each look. */
    readonly sessions?: readonly number[];
  }

  const run = (
    { bearsVip, letsGo = true, sessions = [0] }: World,
    seconds = 20,
    command = handOver("10.0.0.100", '{"machine":"node-1"}\n', seconds),
  ) => {
    const mark = join(folder, "drain", "vip");
    const log = join(folder, "log");
    const note = (text: string) => `echo "${text}" >>"${log}"`;
    const programs = {
      ip: bearsVip ? `${letsGo ? `[ -e "${mark}" ] ||` : ""} echo "2: eth0 inet 10.0.0.100/32"` : "",
      nft: `${note("nft $*")}; cat >>"${log}"; [ -e "${mark}" ] && ${note("(after the mark)")}; exit 0`,
      "systemd-run": note("systemd-run $*"),
      systemctl: `
case $* in
  is-active*) exit 0 ;;
  disable*) mkdir -p "${folder}/drain"; : >"${mark}" ;;
esac
${note("systemctl $*")}`,
      logger: note("logger $*"),
      sleep: note("slept"),
      socat: `
read -r line
case $line in
  "show stat")
    looks=$(cat "${folder}/looks" 2>/dev/null || echo 0)
    echo $((looks + 1)) >"${folder}/looks"
    set -- ${sessions.join(" ")}
    [ "$looks" -lt $# ] || looks=$(($# - 1))
    shift "$looks"
    echo "smtp,FRONTEND,,,$1,9,,9,1,1,0,0,0,,,,,OPEN"
    echo "smtp,node-1,0,0,$1,9,,9,1,1,0,,0,,0,0,0,UP"
    echo "database,FRONTEND,,,7,9,,9,1,1,0,0,0,,,,,OPEN"
    echo "console,FRONTEND,,,5,9,,9,1,1,0,0,0,,,,,OPEN" ;;
esac`,
    };
    const { argv, stdin } = command;
    const moved = argv.map((word) => (word === VIP_MARK ? mark : word));
    const answer = runWith(moved, { programs, stdin: stdin as string });
    const said = existsSync(log) ? readFileSync(log, "utf8") : "";
    return { ...answer, said, mark: existsSync(mark) ? readFileSync(mark, "utf8") : undefined };
  };

  it("drops new connections to the public ports of the VIP, until keepalived has let it go", () => {
    const { code, said, mark } = run({ bearsVip: true, sessions: [2, 1, 0] });
    expect(code).toBe(0);
    expect(mark).toBe('{"machine":"node-1"}\n');
    expect(said).toContain(
      "ip daddr 10.0.0.100 tcp dport { 25, 465, 587, 443 } tcp flags & (syn | ack) == syn drop",
    );
    const [before, after] = said.split("(after the mark)");
    expect(before!.match(/^slept$/gm)).toHaveLength(2);
    expect(before).not.toContain("logger");
    expect(after).toBeDefined();
    // The last word to nft takes the table away, whether or not it is there.
    expect(before!.trimEnd().split("\n").slice(-2)).toEqual([
      "add table inet mailbastion_handover",
      "delete table inet mailbastion_handover",
    ]);
  });

  it("has a timer take the drop away, set before it, should this very script be killed", () => {
    const { said } = run({ bearsVip: true });
    const timer = said.indexOf("systemd-run --quiet --collect --on-active=50 ");
    expect(timer).toBeGreaterThanOrEqual(0);
    expect(said.slice(timer)).toMatch(/^.* nft delete table inet mailbastion_handover\n/);
    expect(said.indexOf("chain input")).toBeGreaterThan(timer);
  });

  it("counts sessions of mail and requests, not idle browsers, the database or the cache", () => {
    expect(run({ bearsVip: true, sessions: [0] }).said).not.toContain("slept");
  });

  it("goes on after the time, and leaves a line in the journal that says how many were cut", () => {
    const { code, said } = run({ bearsVip: true, sessions: [3] }, 2);
    expect(code).toBe(0);
    expect(said).toContain(
      "logger -t mailbastion the VIP goes while 3 sessions through this balancer are open",
    );
  });

  it("fails when keepalived does not let go, and lets new connections in again", () => {
    const { code, said, stderr } = run({ bearsVip: true, letsGo: false });
    expect(code).toBe(1);
    expect(stderr).toContain("keepalived did not give 10.0.0.100 up");
    expect(said.trimEnd().split("\n").at(-2)).toBe("(after the mark)");
  });

  it("only puts the mark where the VIP is not", () => {
    const { code, said, mark } = run({ bearsVip: false });
    expect([code, said]).toEqual([0, ""]);
    expect(mark).toBeDefined();
  });

  it("lets the VIP go by stopping keepalived for good, on a machine that is no balancer any more", () => {
    const { code, said } = run({ bearsVip: true, sessions: [2, 0] }, 20, leaveVip("10.0.0.100", 20));
    expect(code).toBe(0);
    const drop = said.indexOf("chain input");
    const stop = said.indexOf("systemctl disable --now keepalived.service");
    expect(drop).toBeGreaterThanOrEqual(0);
    expect(stop).toBeGreaterThan(drop);
    expect(said.slice(stop).trimEnd().split("\n").slice(-3)).toContain(
      "delete table inet mailbastion_handover",
    );
  });

  it("is taken back by removing the mark and the drop", () => {
    const [mark, drop] = mayBearVip();
    expect(mark!.argv).toContain(VIP_MARK);
    const programs = { nft: `cat >"${folder}/rules"`, systemctl: "exit 5" };
    expect(runWith(drop!.argv, { programs }).code).toBe(0);
    expect(readFileSync(join(folder, "rules"), "utf8")).toBe(
      "add table inet mailbastion_handover\ndelete table inet mailbastion_handover\n",
    );
  });
});
