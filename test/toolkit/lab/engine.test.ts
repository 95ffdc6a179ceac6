import { describe, expect, it, jest } from "@jest/globals";
import type Docker from "dockerode";
import { ensureEngine } from "../../../src/toolkit/lab/engine.ts";
import { FakeHost } from "./fake-host.ts";

const DEBIAN = ["/etc/debian_version", "/usr/bin/apt-get"];
const running = { version: () => Promise.resolve({ Version: "20.10.24" }) } as unknown as Docker;
const dead = { version: () => Promise.reject(new Error("connect ENOENT")) } as unknown as Docker;
const no = () => Promise.resolve(false);

describe("ensureEngine", () => {
  it("takes the engine that answers and touches nothing", async () => {
    const host = new FakeHost();
    const engine = await ensureEngine({ yes: false, ask: no, report: fail, host, connect: () => running });
    expect(engine.version).toBe("20.10.24");
    expect([...host.commands, ...host.daemons]).toEqual([]);
  });

  it("installs and starts one on a Debian with --yes, without asking", async () => {
    const host = new FakeHost({ files: DEBIAN });
    const ask = jest.fn(no);
    // The engine answers as soon as it was started.
    const connect = (): Docker => (host.daemons.length > 0 ? running : dead);
    await ensureEngine({ yes: true, ask, report: () => undefined, host, connect });
    expect(host.commands).toEqual([
      "apt-get update -q",
      "apt-get install -y -q --no-install-recommends docker.io debootstrap iptables",
    ]);
    expect(host.daemons).toEqual(["dockerd"]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("starts an installed one through systemd where that runs", async () => {
    const host = new FakeHost({ files: ["/usr/sbin/dockerd", "/run/systemd/system"] });
    const connect = (): Docker => (host.commands.length > 0 ? running : dead);
    await ensureEngine({ yes: true, ask: no, report: () => undefined, host, connect });
    expect(host.commands).toEqual(["systemctl start docker.service"]);
    expect(host.daemons).toEqual([]);
  });

  it("asks before it installs, and says what is missing when the answer is no", async () => {
    const host = new FakeHost({ files: DEBIAN });
    const questions: string[] = [];
    const ask = (question: string): Promise<boolean> => (questions.push(question), no());
    await expect(
      ensureEngine({ yes: false, ask, report: fail, host, connect: () => dead }),
    ).rejects.toMatchObject({
      code: "DOCKER_ABSENT",
      remedy: "install docker.io, debootstrap, iptables, or answer yes next time",
    });
    expect(questions).toEqual([
      "No Docker engine on this machine. Install docker.io, debootstrap, iptables with apt?",
    ]);
    expect(host.commands).toEqual([]);
  });

  it.each([
    ["without root", new FakeHost({ root: false, files: DEBIAN }), "this user may not install or start one"],
    ["on a system without apt", new FakeHost(), "it is not a Debian"],
    [
      "with DOCKER_HOST set",
      new FakeHost({ environment: { DOCKER_HOST: "tcp://far:1" } }),
      "DOCKER_HOST=tcp://far:1",
    ],
  ])("installs nothing %s, and says so in one sentence", async (_case, host, sentence) => {
    const attempt = ensureEngine({ yes: true, ask: no, report: fail, host, connect: () => dead });
    await expect(attempt).rejects.toMatchObject({
      code: "DOCKER_ABSENT",
      message: expect.stringContaining(sentence),
    });
    expect(host.commands).toEqual([]);
  });

  it("passes on why apt failed", async () => {
    const answer = (command: string) =>
      command.includes("install") ? { code: 100, stderr: "E: Unable to locate\n" } : undefined;
    const host = new FakeHost({ files: DEBIAN, answer });
    const attempt = ensureEngine({ yes: true, ask: no, report: () => undefined, host, connect: () => dead });
    await expect(attempt).rejects.toMatchObject({
      code: "DOCKER_ABSENT",
      message: expect.stringMatching(/E: Unable to locate$/),
    });
  });
});

function fail(line: string): never {
  throw new Error(`reported ${line}`);
}
