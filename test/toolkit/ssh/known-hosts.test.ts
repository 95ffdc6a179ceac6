import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import {
  type Address,
  KnownHosts,
  parseKnownHosts,
  type Verdict,
} from "../../../src/toolkit/ssh/known-hosts.ts";
import type { HostKey } from "../../../src/toolkit/ssh/host-key.ts";
import { generateKey } from "./servers.ts";

const { key } = generateKey();
const other = generateKey().key;
const rsa = generateKey("rsa").key;
const at22 = { host: "node-1.example.com", port: 22 };
const at2222 = { host: "node-1.example.com", port: 2222 };
const judge = (entries: ReturnType<typeof parseKnownHosts>, address: Address, shown: HostKey): Verdict =>
  new KnownHosts(entries).judge(address, shown);
const line = (hosts: string, hostKey = key): string => `${hosts} ${hostKey.type} ${hostKey.base64}`;

describe("known_hosts", () => {
  it.each([
    ["a plain name", "node-1.example.com"],
    ["one of several names", "a,node-1.example.com,10.0.0.1"],
    ["another case", "NODE-1.Example.com"],
    ["a pattern", "*.example.com"],
    ["a pattern with ?", "node-?.example.com"],
  ])("knows a host by %s", (_what, hosts) => {
    expect(judge(parseKnownHosts(line(hosts)), at22, key)).toEqual({ kind: "known" });
  });

  it.each([
    ["another name", "node-2.example.com"],
    ["a dot that is no wildcard", "node-1xexample.com"],
    ["an excluding pattern", "*.example.com,!node-1.example.com"],
    ["the entry of another port", "[node-1.example.com]:2222"],
    ["a hash of another name", "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|c2hhMQ=="],
  ])("does not know a host by %s", (_what, hosts) => {
    expect(judge(parseKnownHosts(line(hosts)), at22, key)).toEqual({ kind: "unknown" });
  });

  it("looks for a port that is not 22 under [host]:port only", () => {
    expect(judge(parseKnownHosts(line("[node-1.example.com]:2222")), at2222, key).kind).toBe("known");
    expect(judge(parseKnownHosts(line("node-1.example.com")), at2222, key).kind).toBe("unknown");
  });

  it.each([at22, at2222])("reads the names that ssh-keygen hashed, at port $port", (address) => {
    const file = join(mkdtempSync(join(tmpdir(), "mailbastion-known-")), "known_hosts");
    writeFileSync(file, `${line("node-1.example.com,[node-1.example.com]:2222")}\n`);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    const hashed = readFileSync(file, "utf8");

    expect(hashed).not.toContain("node-1");
    expect(judge(parseKnownHosts(hashed), address, key).kind).toBe("known");
  });

  it("finds hashed names beside open ones: an open one of another key does not hide them", () => {
    const file = join(mkdtempSync(join(tmpdir(), "mailbastion-known-")), "known_hosts");
    writeFileSync(file, `${line("node-1.example.com", rsa)}\n`);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    const hashed = readFileSync(file, "utf8");
    const both = new KnownHosts(parseKnownHosts(`${hashed}${line("node-1.example.com")}\n`));

    expect(both.judge(at22, rsa)).toEqual({ kind: "known" });
    expect(both.judge(at22, other)).toEqual({ kind: "changed", known: [rsa, key] });
    expect(both.types(at22)).toEqual(["ssh-ed25519"]);
    expect(new KnownHosts(parseKnownHosts(hashed)).types(at22)).toEqual(["ssh-rsa"]);
    const revoked = new KnownHosts(parseKnownHosts(`@revoked ${hashed}${line("node-1.example.com", rsa)}\n`));
    expect(revoked.judge(at22, rsa)).toEqual({ kind: "revoked" });
  });

  it("says which keys were known when the host shows another", () => {
    const entries = parseKnownHosts(
      [line("node-1.example.com", other), line("node-1.example.com", rsa)].join("\n"),
    );
    expect(judge(entries, at22, key)).toEqual({ kind: "changed", known: [other, rsa] });
  });

  it("takes any of several keys of a host", () => {
    const entries = parseKnownHosts([line("node-1.example.com", rsa), line("node-1.example.com")].join("\n"));
    expect(judge(entries, at22, key).kind).toBe("known");
    expect(new KnownHosts(entries).types(at22)).toEqual(["ssh-rsa", "ssh-ed25519"]);
  });

  it("refuses a revoked key even where another line knows it", () => {
    const entries = parseKnownHosts([line("node-1.example.com"), `@revoked ${line("*")}`].join("\n"));
    expect(judge(entries, at22, key)).toEqual({ kind: "revoked" });
  });

  it("passes over comments, empty lines, authorities and halves of lines", () => {
    const text = [
      "# comment",
      "",
      `@cert-authority ${line("*")}`,
      "node-1.example.com ssh-ed25519",
      "junk",
    ].join("\n");
    expect(parseKnownHosts(text)).toEqual([]);
  });
});
