import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Secret } from "../../../src/support/secret.ts";
import { act, ask, script } from "../../../src/toolkit/steps/command.ts";
import { SudoPassword, withPassword } from "../../../src/toolkit/ssh/sudo.ts";
import { SshTransport } from "../../../src/toolkit/ssh/ssh-transport.ts";
import { optionsFor, startServer, type TestServer } from "./servers.ts";
import { canHostSudo, startSudoHost, type SudoHost } from "./sudo-host.ts";

jest.setTimeout(60_000);

const place = { host: "10.0.0.1", port: 22, user: "admin" };

describe("the password for sudo", () => {
  const right = async (password: SudoPassword, machine: string): Promise<string> => {
    const turn = await password.turn(machine, place);
    const secret = await turn.password();
    turn.end("right");
    return secret.reveal();
  };

  it("is asked for once, when the first machine wants it", async () => {
    const asked = jest.fn(async () => new Secret("x"));
    const password = new SudoPassword(asked);
    (await password.turn("node-1", place)).end("unknown");
    expect(asked).not.toHaveBeenCalled();
    expect(await right(password, "node-1")).toBe("x");
    expect(await right(password, "node-2")).toBe("x");
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("is said to one machine, and to no other where it is wrong there", async () => {
    const password = new SudoPassword(async () => new Secret("x"));
    const first = await password.turn("node-1", place);
    await first.password();
    const second = await password.turn("node-2", place);
    const others = Promise.allSettled([second.password(), password.turn("node-1", place)]);
    first.end("wrong");
    const refused = { status: "rejected", reason: { code: "SSH_SUDO_PASSWORD" } };
    expect(await others).toMatchObject([refused, refused]);
    await expect(password.turn("node-3", place)).rejects.toMatchObject({ code: "SSH_SUDO_PASSWORD" });
  });

  it("that was right somewhere is said to the others side by side, to each once until it proves right", async () => {
    const password = new SudoPassword(async () => new Secret("x"));
    await right(password, "node-1");
    const [second, third] = [await password.turn("node-2", place), await password.turn("node-3", place)];
    await Promise.all([second.password(), third.password()]);
    const again = password.turn("node-2", place);
    second.end("wrong");
    third.end("right");
    await expect(again).rejects.toMatchObject({ code: "SSH_SUDO_PASSWORD" });
    await right(password, "node-3");
    await right(password, "node-1");
  });

  it("goes to the next in turn where the one before it could not say whether it was right", async () => {
    const password = new SudoPassword(async () => new Secret("x"));
    const first = await password.turn("node-1", place);
    await first.password();
    const next = [right(password, "node-1"), right(password, "node-2")];
    first.end("unknown");
    expect(await Promise.all(next)).toEqual(["x", "x"]);
  });

  it("is missed with a remedy where nobody has it", async () => {
    const password = new SudoPassword(async () => undefined);
    const turn = await password.turn("node-1", place);
    await expect(turn.password()).rejects.toMatchObject({
      code: "SSH_SUDO",
      remedy: expect.stringContaining("MAILBASTION_SUDO_PASSWORD_FILE"),
    });
  });

  it("is asked for by a line that no program can know beforehand", () => {
    const [one, other] = [withPassword(["id"]), withPassword(["id"])];
    expect(one.prompt).not.toBe(other.prompt);
    expect(one.begun).not.toBe(other.begun);
    expect(one.argv).toEqual(expect.arrayContaining(["-S", "-k", one.prompt]));
  });
});

/** Says what a sudo would, by the command line that it was given. */
describe("sudo that behaves in its own way", () => {
  let server: TestServer;
  let transport: SshTransport;
  afterEach(async () => {
    await transport.close();
    await server.stop();
  });

  async function start(says: (words: { prompt: string; begun: string }) => string, isSlow = false) {
    const received: string[] = [];
    server = await startServer({
      exec: (channel, line) => {
        const prompt = /password-\w+:/.exec(line)![0];
        const begun = /begun-\w+:/.exec(line)![0];
        channel.on("data", (chunk: Buffer) => void received.push(chunk.toString()));
        channel.stderr.write(says({ prompt, begun }));
        if (isSlow) return;
        channel.exit(1);
        channel.end();
      },
    });
    transport = new SshTransport(() => ({ ...server.target, user: "admin" }), {
      ...(await optionsFor(server, { channelTimeoutMs: 300 })),
      sudoPassword: async () => new Secret("swordfish"),
    });
    return received;
  }

  it("and never lets the command begin is an error in its own words", async () => {
    const received = await start(() => "sudo: admin is not in the sudoers file.\n");
    await expect(transport.run("node-1", act(["id"]))).rejects.toMatchObject({
      code: "SSH_SUDO",
      message: expect.stringContaining("admin is not in the sudoers file."),
    });
    expect(received).toEqual([]);
  });

  it("and says nothing at all is an error after a time", async () => {
    await start(() => "", true);
    await expect(transport.run("node-1", act(["id"]))).rejects.toMatchObject({ code: "SSH_TIMEOUT" });
  });

  it("and asks by another line gets no password", async () => {
    const received = await start(() => "[sudo] password for admin: ", true);
    await expect(transport.run("node-1", act(["id"]))).rejects.toMatchObject({ code: "SSH_TIMEOUT" });
    expect(received).toEqual([]);
  });
});

/* A view of the file system of its own needs root, as a container or a virtual machine of CI has it. */
const describeWithSudo = canHostSudo() ? describe : undefined;

describeWithSudo?.("a user who must tell sudo a password, on a real sshd with a real sudo", () => {
  let host: SudoHost;
  let transport: SshTransport;

  beforeAll(async () => {
    host = await startSudoHost();
  });
  beforeEach(() => host.allow("ALL=(ALL) ALL"));
  afterEach(() => transport.close());
  afterAll(() => host.stop());

  async function open(password?: string): Promise<jest.Mock> {
    const asked = jest.fn();
    transport = new SshTransport(() => host.target, {
      ...(await optionsFor(host)),
      ...(password !== undefined && {
        sudoPassword: async () => {
          asked();
          return new Secret(password);
        },
      }),
    });
    return asked;
  }

  it("becomes root; input, both outputs and exit code are the command's own", async () => {
    const asked = await open(host.password);
    const command = act(script('id -u; cat; echo "complaint of $1" >&2; exit 7', ["it's"]));
    expect(await transport.run("node-1", command, "first line\nsecond")).toEqual({
      code: 7,
      stdout: "0\nfirst line\nsecond",
      stderr: "complaint of it's\n",
    });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("may run many commands at a time with one password", async () => {
    const asked = await open(host.password);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => transport.run("node-1", act(["echo", String(index)]))),
    );
    expect(answers.map(({ stdout }) => stdout)).toEqual(answers.map((_, index) => `${index}\n`));
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("shows the password to nobody: not in arguments, output or sudo's log", async () => {
    await open(host.password);
    const answer = await transport.run(
      "node-1",
      act(["sh", "-c", "cat /proc/*/cmdline | tr '\\0' ' '; cat"]),
    );
    expect(answer.code).toBe(0);
    expect(`${answer.stdout}${answer.stderr}${host.log()}`).not.toContain(host.password);
    expect(host.log()).toContain("cmdline");
  });

  it("is not asked where a rule needs no password, and the command's input holds nothing else", async () => {
    host.allow("ALL=(ALL) NOPASSWD: ALL");
    const asked = await open(host.password);
    expect(await transport.run("node-1", act(["cat"]), "input")).toEqual({
      code: 0,
      stdout: "input",
      stderr: "",
    });
    expect(asked).not.toHaveBeenCalled();
  });

  it("with a wrong password gets one error for all commands, and the machine counts one attempt", async () => {
    await open("wrong");
    const before = host.failures();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => transport.run(`node-${index % 3}`, act(["id"]))),
    );
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "SSH_SUDO_PASSWORD" } });
    expect(host.failures()).toBe(before + 1);
  });

  it("without a password is told what to do", async () => {
    await open();
    await expect(transport.run("node-1", act(["id"]))).rejects.toMatchObject({
      code: "SSH_SUDO",
      remedy: expect.stringContaining("MAILBASTION_SUDO_PASSWORD_FILE"),
    });
  });

  it("that may not use sudo at all hears it in sudo's words", async () => {
    host.allow("nohost=(ALL) ALL");
    await open(host.password);
    await expect(transport.run("node-1", act(["id"]))).rejects.toMatchObject({ code: "SSH_SUDO" });
  });

  it("runs what needs no root as itself", async () => {
    await open(host.password);
    const answer = await transport.run("node-1", { ...ask(["id", "-un"]), sudo: false });
    expect(answer.stdout).toBe("mbtest\n");
  });
});
