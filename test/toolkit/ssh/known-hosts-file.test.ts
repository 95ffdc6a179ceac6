import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { addKnownHost, forgetKnownHost, readKnownHosts } from "../../../src/toolkit/ssh/known-hosts-file.ts";
import { generateKey } from "./servers.ts";

const { key } = generateKey();
const other = generateKey().key;
const address = { host: "node-1", port: 2222 };

describe("a project's known_hosts file", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "mailbastion-known-")), "cluster");
    file = join(folder, "known_hosts");
  });

  it("is made with the first key, in a form that OpenSSH finds, and nothing is left beside it", async () => {
    expect(await addKnownHost(file, address, key)).toBe(true);
    expect(execFileSync("ssh-keygen", ["-F", "[node-1]:2222", "-f", file]).toString()).toContain(key.base64);
    expect(await readdir(folder)).toEqual(["known_hosts"]);
  });

  it("stays as it is when the key is there already", async () => {
    await addKnownHost(file, address, key);
    const before = await readFile(file, "utf8");
    expect(await addKnownHost(file, address, key)).toBe(false);
    expect(await readFile(file, "utf8")).toBe(before);
  });

  it("keeps what a person wrote, also without a newline at its end", async () => {
    await addKnownHost(file, { host: "node-2", port: 22 }, other);
    const written = `# ours\nnode-3 ${other.type} ${other.base64}`;
    await writeFile(file, written);
    await addKnownHost(file, address, key);
    expect(await readFile(file, "utf8")).toBe(`${written}\n[node-1]:2222 ${key.type} ${key.base64}\n`);
  });

  it("takes no other key for a host that it knows, until that one is forgotten", async () => {
    await addKnownHost(file, address, other);
    await addKnownHost(file, { host: "node-2", port: 22 }, other);
    await expect(addKnownHost(file, address, key)).rejects.toMatchObject({ code: "SSH_HOST_KEY_CHANGED" });

    expect(await forgetKnownHost(file, address)).toBe(true);
    expect(await forgetKnownHost(file, address)).toBe(false);
    expect(await addKnownHost(file, address, key)).toBe(true);

    const entries = await readKnownHosts([file, join(folder, "absent")]);
    expect(entries.judge(address, key).kind).toBe("known");
    expect(entries.judge({ host: "node-2", port: 22 }, other).kind).toBe("known");
  });
});
