import { describe, expect, it } from "@jest/globals";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  giveIdentity,
  hasIdentity,
  parsePool,
  resetBrick,
} from "../../../../src/toolkit/services/glusterfs/replaced.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { runWith } from "../shell.ts";

const [one, two, three] = threeMachines.machines;
const pool = {
  ids: new Map([
    ["192.168.1.101", "1111"],
    ["192.168.1.102", "2222"],
    ["192.168.1.103", "3333"],
  ]),
  operatingVersion: "110000",
};

const answer = (stdout: string) => ({ code: 0, stdout, stderr: "" });
const OWN = "file /var/lib/glusterd/glusterd.info\nUUID=1111\noperating-version=110000\n";
const peer = (id: string, ...hosts: readonly string[]) =>
  `file /var/lib/glusterd/peers/${id}\nuuid=${id}\nstate=3\n${hosts.map((host, at) => `hostname${at + 1}=${host}\n`).join("")}`;

describe("the ids of a storage pool", () => {
  it("are read from what a member keeps, by address among all names", () => {
    const text = OWN + peer("2222", "192.168.1.102") + peer("3333", "node-3.lan", "192.168.1.103");
    expect(parsePool(one!, threeMachines.machines, answer(text))).toEqual(pool);
  });

  it("are not guessed", () => {
    const text = OWN + peer("2222", "192.168.1.102");
    expect(() => parsePool(one!, threeMachines.machines, answer(text))).toThrow(
      "the storage pool, as node-1 knows it, does not tell by which id it knows node-3",
    );
    expect(() => parsePool(one!, threeMachines.machines, answer(""))).toThrow(
      "by which id it knows node-1 and node-2 and node-3",
    );
  });
});

describe("a machine made anew", () => {
  it("is written the files that glusterd would have, its own id last, and knows then that it has it", () => {
    const folder = mkdtempSync(join(tmpdir(), "glusterd-"));
    try {
      const moved = (argv: readonly string[]) =>
        argv.map((word) => word.replaceAll("/var/lib/glusterd", folder));
      const has = () => runWith(moved(hasIdentity(two!, pool).argv), {}).code;
      expect(has()).not.toBe(0);
      const programs = { systemctl: "exit 5" };
      expect(runWith(moved(giveIdentity(two!, pool).argv), { programs })).toMatchObject({
        code: 0,
        stderr: "",
      });
      expect(has()).toBe(0);
      expect(readFileSync(join(folder, "glusterd.info"), "utf8")).toBe(
        "UUID=2222\noperating-version=110000\n",
      );
      expect(readdirSync(join(folder, "peers"))).toEqual(["1111", "3333"]);
      expect(readFileSync(join(folder, "peers", "3333"), "utf8")).toBe(
        "uuid=3333\nstate=3\nhostname1=192.168.1.103\n",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has its brick begun again, also where an earlier attempt got half the way", () => {
    const gluster = (start: number, commit: number) =>
      runWith(resetBrick(threeMachines, three!).argv, {
        programs: {
          gluster: `echo "$*"; case "$*" in *" start") exit ${start} ;; *"commit force") exit ${commit} ;; esac`,
        },
      });
    const brick = "192.168.1.103:/srv/mailbastion/brick";
    expect(gluster(1, 0)).toMatchObject({
      code: 0,
      stdout: `--mode=script volume reset-brick mail ${brick} ${brick} commit force\n`,
    });
    expect(gluster(0, 1).code).toBe(1);
  });
});
