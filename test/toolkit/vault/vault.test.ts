import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { openVault, type Vault } from "../../../src/toolkit/vault/vault.ts";
import { authority, certificate, DAY_MS, newProject, password, type Project, requests } from "./fixtures.ts";

function text(vault: Vault, name: string): string {
  return vault.reveal({ name, version: vault.versions().get(name)! }).reveal();
}

function all(vault: Vault): Record<string, string> {
  return Object.fromEntries([...vault.versions().keys()].map((name) => [name, text(vault, name)]));
}

async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe("the vault", () => {
  let project: Project;

  beforeEach(async () => {
    project = await newProject();
  });

  async function filled(): Promise<Vault> {
    const vault = await openVault(project.options);
    await vault.ensure(requests);
    return vault;
  }

  it("makes what is asked for, authorities before what they sign, under the names that services ask for", async () => {
    const vault = await openVault(project.options);
    expect(await vault.ensure(requests)).toEqual(["pki/cluster", "pki/node-1", "cache/password"]);
    expect([...vault.versions()].sort()).toEqual([
      ["cache/password", "1"],
      ["pki/cluster.crt", "1"],
      ["pki/cluster.key", "1"],
      ["pki/node-1.crt", "1"],
      ["pki/node-1.key", "1"],
      ["pki/node-1.pem", "1"],
    ]);
    expect(text(vault, "cache/password")).toMatch(/^[A-Za-z2-9]{32}$/);
    expect(text(vault, "pki/node-1.pem")).toBe(text(vault, "pki/node-1.crt") + text(vault, "pki/node-1.key"));
  });

  it("holds the same secrets when it is opened again, and then makes and writes nothing", async () => {
    const first = await filled();
    const before = await stat(project.path("vault.age"), { bigint: true });

    const again = await openVault({ ...project.options, create: false });
    expect(await again.ensure(requests)).toEqual([]);

    expect(all(again)).toEqual(all(first));
    expect((await stat(project.path("vault.age"), { bigint: true })).ino).toBe(before.ino);
  });

  it("adds what an upgrade asks for and changes nothing that is there, whatever length is asked for now", async () => {
    const before = all(await filled());
    const vault = await openVault(project.options);
    const made = await vault.ensure([
      certificate,
      authority,
      { ...password, length: 64 } as typeof password,
      { kind: "password", name: "database/password", length: 20 },
    ]);
    expect(made).toEqual(["database/password"]);
    expect(all(vault)).toMatchObject(before);
    expect(text(vault, "database/password")).toHaveLength(20);
  });

  it("makes a key of so many random bytes in base64, another one each time", async () => {
    const vault = await filled();
    await vault.ensure(["a", "b"].map((name) => ({ kind: "key", name, bytes: 32 })));
    const [a, b] = ["a", "b"].map((name) => text(vault, name));
    expect(Buffer.from(a!, "base64")).toHaveLength(32);
    expect(a).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(a).not.toBe(b);
    expect(text(await openVault(project.options), "a")).toBe(a);
  });

  it("keeps what nobody asks for any more", async () => {
    await filled();
    const vault = await openVault(project.options);
    await vault.ensure([password]);
    expect((await openVault(project.options)).versions().size).toBe(6);
  });

  it("never writes the text of a secret, and lets nobody else read its files", async () => {
    const vault = await filled();
    const files = await readdir(project.path("."));
    const written = (await Promise.all(files.map((name) => readFile(project.path(name), "utf8")))).join("\n");
    const decoded = Buffer.from(written.replace(/-----.*-----|[^A-Za-z0-9+/=]/g, ""), "base64").toString(
      "latin1",
    );

    expect(files.sort()).toEqual(["vault.age", "versions.json"]);
    for (const line of Object.values(all(vault)).join("\n").split("\n")) {
      if (line === "" || line.startsWith("-----")) continue;
      expect(written).not.toContain(line);
      expect(decoded).not.toContain(line);
    }
    expect(await mode(project.path("vault.age"))).toBe("600");
    expect(await mode(project.path("."))).toBe("700");
    expect(await mode(project.keyPath)).toBe("600");
  });

  it("shows *** however it is printed", async () => {
    const vault = await filled();
    const printed = `${inspect(vault, { depth: 9, showHidden: true })} ${JSON.stringify({ vault })}`;
    expect(printed).toContain("***");
    for (const value of Object.values(all(vault))) expect(printed).not.toContain(value.slice(0, 40));
    expect(String(vault.reveal({ name: "cache/password", version: "1" }))).toBe("***");
  });

  it("makes a certificate anew when its names or addresses changed, with the next version and the same authority", async () => {
    const before = all(await filled());
    const vault = await openVault(project.options);
    const moved = { ...certificate, addresses: ["192.168.1.109"] };
    expect(await vault.ensure([moved, password, authority])).toEqual(["pki/node-1"]);
    expect(vault.versions().get("pki/node-1.pem")).toBe("2");
    expect(text(vault, "pki/node-1.key")).not.toBe(before["pki/node-1.key"]);
    expect(text(vault, "pki/cluster.crt")).toBe(before["pki/cluster.crt"]);
    expect(text(vault, "cache/password")).toBe(before["cache/password"]);
  });

  it("does not mind the order of a certificate's names", async () => {
    await filled();
    const vault = await openVault(project.options);
    expect(
      await vault.ensure([{ ...certificate, names: certificate.names.toReversed() }, authority]),
    ).toEqual([]);
  });

  it("renews a certificate before its end, and never its authority", async () => {
    await filled();
    project.clock.now += (825 - 91) * DAY_MS;
    expect(await (await openVault(project.options)).ensure(requests)).toEqual([]);
    project.clock.now += 2 * DAY_MS;
    expect(await (await openVault(project.options)).ensure(requests)).toEqual(["pki/node-1"]);
    project.clock.now += 3650 * DAY_MS;
    expect(await (await openVault(project.options)).ensure([authority, password])).toEqual([]);
  });

  it("hands out no other version than the one asked for, and no secret that it does not hold", async () => {
    const vault = await filled();
    expect(() => vault.reveal({ name: "cache/password", version: "2" })).toThrow(
      "made for version 2 of cache/password, and the vault holds version 1",
    );
    expect(() => vault.reveal({ name: "cache/nothing", version: "1" })).toThrow(
      'holds no secret "cache/nothing"',
    );
  });

  it("refuses two different requests of one name", async () => {
    const vault = await openVault(project.options);
    await expect(vault.ensure([password, { ...password, length: 9 } as typeof password])).rejects.toThrow(
      "asked for twice",
    );
  });

  it("refuses to write over what another run wrote in the meantime", async () => {
    await filled();
    const [one, other] = [await openVault(project.options), await openVault(project.options)];
    await one.ensure([{ kind: "password", name: "a", length: 20 }]);
    await expect(other.ensure([{ kind: "password", name: "b", length: 20 }])).rejects.toMatchObject({
      code: "VAULT_CHANGED",
    });
    expect((await openVault(project.options)).versions().has("a")).toBe(true);
  });

  it("writes versions.json again when it fell behind", async () => {
    await filled();
    const written = await readFile(project.path("versions.json"), "utf8");
    await rm(project.path("versions.json"));
    await (await openVault(project.options)).ensure(requests);
    expect(await readFile(project.path("versions.json"), "utf8")).toBe(written);
  });

  describe("says in one sentence what is wrong and what to do", () => {
    async function failure(): Promise<{ code: string; message: string; remedy: string }> {
      return openVault({ ...project.options, create: false }).then(
        () => {
          throw new Error("opened");
        },
        (error: { code: string; message: string; remedy: string }) => error,
      );
    }

    it("when there is none", async () => {
      expect(await failure()).toMatchObject({
        code: "VAULT_MISSING",
        message: expect.stringContaining(project.path("vault.age")),
      });
    });

    it("when its key is not there", async () => {
      await filled();
      await rm(project.keyPath);
      expect(await failure()).toMatchObject({
        code: "VAULT_KEY_MISSING",
        message: expect.stringContaining(project.keyPath),
        remedy: expect.stringContaining("MAILBASTION_KEY_FILE"),
      });
    });

    it("when the key is another", async () => {
      await filled();
      const other = await newProject();
      await openVault(other.options);
      await writeFile(project.keyPath, await readFile(other.keyPath));
      expect(await failure()).toMatchObject({ code: "VAULT_KEY_WRONG" });
    });

    it.each([
      ["cut short", (content: string) => content.slice(0, content.length / 2)],
      [
        "changed by one letter",
        (content: string) =>
          content.replace(
            /\n([A-Za-z0-9+/])(?=[^\n]*\n[^\n]*\n-----END)/,
            (_all, letter: string) => `\n${letter === "A" ? "B" : "A"}`,
          ),
      ],
      ["emptied", () => ""],
    ])("when its file was %s", async (_how, damage) => {
      await filled();
      const content = await readFile(project.path("vault.age"), "utf8");
      expect(damage(content)).not.toBe(content);
      await writeFile(project.path("vault.age"), damage(content));
      expect(await failure()).toMatchObject({
        code: "VAULT_DAMAGED",
        message: expect.stringContaining("vault.age"),
      });
    });

    it("when others may read the key", async () => {
      await filled();
      await chmod(project.keyPath, 0o640);
      expect(await failure()).toMatchObject({
        code: "VAULT_KEY_OPEN",
        message: expect.stringContaining("0640"),
        remedy: `run chmod 600 ${project.keyPath}`,
      });
    });

    it("when the key file holds no key", async () => {
      await filled();
      await writeFile(project.keyPath, "AGE-SECRET-KEY-1NOT\n");
      expect(await failure()).toMatchObject({ code: "VAULT_KEY_DAMAGED" });
    });

    it("when it belongs to another cluster", async () => {
      await filled();
      const options = {
        ...project.options,
        cluster: "other",
        environment: { MAILBASTION_KEY_FILE: project.keyPath },
      };
      await (await openVault(options)).ensure([]);
      await writeFile(
        project.path("vault.age"),
        await readFile(join(project.path(".."), "other", "vault.age")),
      );
      expect(await failure()).toMatchObject({ code: "VAULT_OTHER_CLUSTER" });
    });

    it("when the vault is lost, and then makes no new secrets for a cluster that runs with the old ones", async () => {
      await filled();
      await rm(project.path("vault.age"));
      expect(await failure()).toMatchObject({ code: "VAULT_LOST" });
      await expect(openVault(project.options)).rejects.toMatchObject({ code: "VAULT_LOST" });
    });
  });

  it("takes the key from where MAILBASTION_KEY_FILE says, else XDG_CONFIG_HOME", async () => {
    const key = project.path("../../../elsewhere/key");
    await openVault({ ...project.options, environment: { MAILBASTION_KEY_FILE: key } });
    expect(await readFile(key, "utf8")).toMatch(/\nAGE-SECRET-KEY-1[A-Z0-9]+\n$/);

    const config = project.path("../../../config");
    await openVault({ ...project.options, environment: { XDG_CONFIG_HOME: config } });
    expect(await readdir(join(config, "mailbastion"))).toEqual(["acme.key"]);
  });
});
