import { describe, expect, it } from "@jest/globals";
import { fileRules } from "../../../../../src/toolkit/status/doctor/rules/files.ts";
import { FILE, HASHED, found } from "../deep.ts";

describe("the doctor on files", () => {
  const good = `${FILE.path}\t0600\troot\troot\t${"cd".repeat(32)}\n${HASHED.path}\t0644\troot\troot\t${HASHED.hash}\n`;

  it("finds nothing where all are as described; what holds a secret is compared by owner and mode alone", () => {
    expect(found(fileRules, { "node-1": { files: good } })).toEqual([]);
  });

  it("says in one finding which files differ, and how", () => {
    const bad = good.replace("0600", "0644").replace(HASHED.hash!, "ef".repeat(32));
    expect(found(fileRules, { "node-1": { files: bad } })).toEqual([
      expect.objectContaining({
        rule: "file-drift",
        finding: "2 files on node-1 are not as described",
        evidence: [
          "/etc/haproxy/haproxy.cfg: mode 0644 instead of 0600",
          "/etc/keepalived/keepalived.conf: its content is another one",
        ],
      }),
    ]);
    const gone = `${FILE.path}\tmissing\n`;
    expect(found(fileRules, { "node-1": { files: gone } })[0]!.evidence).toEqual([
      "/etc/haproxy/haproxy.cfg: is not there",
      "/etc/keepalived/keepalived.conf: is not there",
    ]);
    const owned = good.replace("0644\troot", "0644\tmail");
    expect(found(fileRules, { "node-1": { files: owned } })[0]!.evidence).toEqual([
      "/etc/keepalived/keepalived.conf: belongs to mail:root instead of root:root",
    ]);
  });

  it("quotes the program that refuses its own file: the next restart would fail", () => {
    const stderr = "[ALERT] (1) : config : parsing [/etc/haproxy/haproxy.cfg:9] : unknown keyword 'foo'\n";
    const [finding] = found(fileRules, {
      "node-1": { files: good, [`check ${FILE.path}`]: { code: 1, stdout: "", stderr } },
    });
    expect(finding).toMatchObject({ rule: "file-refused", severity: "critical", evidence: [stderr.trim()] });
    expect(finding!.finding).toBe(
      "/etc/haproxy/haproxy.cfg on node-1 is refused by its own program, haproxy",
    );
  });

  it("does not take a check that could not run for a refusal", () => {
    const name = `check ${FILE.path}`;
    const absent = { code: 127, stdout: "", stderr: "haproxy: not found" };
    expect(found(fileRules, { "node-1": { files: good, [name]: absent } })).toEqual([]);
    expect(found(fileRules, { "node-1": { files: good, [name]: undefined } })).toEqual([]);
  });
});
