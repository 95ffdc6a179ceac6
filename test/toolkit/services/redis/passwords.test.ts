import { describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accepts, acceptToo } from "../../../../src/toolkit/services/redis/passwords.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const [machine] = threeMachines.machines;

describe("a second password of a cache", () => {
  it("is added beside the present one and written down, and is never an argument", () => {
    const folder = mkdtempSync(join(tmpdir(), "passwords-"));
    try {
      writeFileSync(join(folder, "redis.conf"), 'requirepass "old-secret"\n');
      const log = join(folder, "log");
      const program = `echo "$REDISCLI_AUTH: $* <$(case "$*" in *-x*) cat ;; esac)" >>"${log}"`;
      const { argv, stdin } = acceptToo(machine!, "new-secret");
      const moved = argv.map((word) => word.replace(/^\/etc\/redis/, folder));
      const answer = runWith(moved, { programs: { "redis-cli": program }, stdin: stdin as string });
      expect(answer.code).toBe(0);
      expect(argv.join(" ")).not.toContain("secret");
      expect(readFileSync(log, "utf8").trim().split("\n")).toEqual([
        "old-secret: -e -x -h 192.168.1.101 -p 6379 ACL SETUSER default <>new-secret",
        "old-secret: -e -h 192.168.1.101 -p 6379 CONFIG REWRITE <",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is taken only when a login with it is answered", () => {
    const { command } = accepts(machine!, "new-secret");
    const login = (said: string) =>
      runWith(command.argv, {
        programs: { "redis-cli": `[ "$REDISCLI_AUTH" = new-secret ] && echo "${said}"` },
        stdin: command.stdin as string,
      });
    expect(login("PONG").code).toBe(0);
    expect(login("NOAUTH Authentication required.")).toMatchObject({
      code: 1,
      stderr: "NOAUTH Authentication required.\n",
    });
  });
});
