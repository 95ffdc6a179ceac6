import { describe, expect, it } from "@jest/globals";
import {
  askForUpgrades,
  parseUpgrades,
  refuseMajor,
  upgradeStep,
} from "../../../../src/toolkit/runbooks/upgrade/packages.ts";
import type { Answer } from "../../../../src/toolkit/steps/command.ts";
import { printing, runWith } from "../../services/shell.ts";
import { refusalOf } from "../runbook-context.ts";

/* "apt-cache policy" of apt 2.6. */
const POLICY = `haproxy:
  Installed: 2.6.12-1+deb12u1
  Candidate: 2.6.12-1+deb12u4
  Version table:
     2.6.12-1+deb12u4 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 2.6.12-1+deb12u1 100
        100 /var/lib/dpkg/status
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: 1:2.2.7-1+b2
  Version table:
 *** 1:2.2.7-1+b2 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
socat:
  Installed: (none)
  Candidate: 1.7.4.4-2
`;
const HAPROXY = { name: "haproxy", installed: "2.6.12-1+deb12u1", candidate: "2.6.12-1+deb12u4" };

const asked = (programs: Readonly<Record<string, string>>): Answer =>
  runWith(askForUpgrades(["haproxy", "keepalived", "socat"]).argv, { programs });

describe("what could be upgraded", () => {
  it("are installed packages of ours that the sources have in another version", () => {
    const answer = asked({ "apt-get": "exit 0", "apt-cache": printing(POLICY) });
    expect(parseUpgrades("node-1", answer)).toEqual([HAPROXY]);
  });

  it("is asked without touching the machine's own lists", () => {
    const answer = asked({ "apt-get": 'echo "$@" >&2; exit 100', "apt-cache": "exit 0" });
    expect(answer.stdout).toMatch(/-o Dir::State::Lists=\/tmp\//);
  });

  it("is not known where the sources cannot be reached", async () => {
    const answer = asked({
      "apt-get": "echo 'E: Could not resolve deb.debian.org' >&2; exit 100",
      "apt-cache": "exit 0",
    });
    const error = await refusalOf(() => parseUpgrades("node-1", answer));
    expect(error.code).toBe("UPGRADE_SOURCES");
    expect(error.message).toBe("node-1 cannot ask its package sources: E: Could not resolve deb.debian.org");
  });

  it("never is another series of MariaDB", async () => {
    const of = (candidate: string) => [
      { name: "mariadb-server", installed: "1:10.11.6-0+deb12u1", candidate },
    ];
    expect(() => refuseMajor("node-1", of("1:10.11.19-0+deb12u1"))).not.toThrow();
    const error = await refusalOf(() => refuseMajor("node-1", of("1:11.4.2-1")));
    expect(error.code).toBe("UPGRADE_MARIADB_MAJOR");
    expect(error.message).toContain("MariaDB 10.11 would become 11.4");
  });
});

describe("the upgrade of packages", () => {
  const step = upgradeStep("node-1", [HAPROXY]);
  const have = (status: string) =>
    runWith(step.unless!.argv, { programs: { "dpkg-query": `printf '%s' '${status}'` } }).code;

  it("is done when they have their versions and are held", () => {
    expect(have("hi  2.6.12-1+deb12u4")).toBe(0);
    expect(have("hi  2.6.12-1+deb12u1")).toBe(1);
    expect(have("ii  2.6.12-1+deb12u4")).toBe(1);
    expect(step.verify!.command.argv).toEqual(step.unless!.argv);
  });

  it("names them with exactly the version that was shown", () => {
    expect(step.title).toBe("upgrade haproxy 2.6.12-1+deb12u1 to 2.6.12-1+deb12u4");
    expect(step.commands[0]!.argv.slice(4)).toEqual(["haproxy=2.6.12-1+deb12u4"]);
  });
});
