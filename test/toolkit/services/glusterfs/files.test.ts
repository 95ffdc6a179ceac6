import { describe, expect, it } from "@jest/globals";
import { render } from "../../../../src/toolkit/bundle/render.ts";
import { glusterFiles } from "../../../../src/toolkit/services/glusterfs/files.ts";
import { glusterfs } from "../../../../src/toolkit/services/glusterfs/service.ts";
import { threeMachines } from "../../fixtures/three-machines.ts";
import { sampleContext } from "../sample-context.ts";

const machine = threeMachines.machines[1]!;
const [config] = glusterFiles(sampleContext(threeMachines, machine));
const lines = render(config!.content, "mailbastion: a test")
  .split("\n")
  .map((line) => line.trim());

describe("glusterd.vol", () => {
  it("binds the machine's own address", () => {
    expect(lines).toEqual(
      expect.arrayContaining([
        "option transport.socket.bind-address 192.168.1.102",
        "option transport.socket.listen-port 24007",
      ]),
    );
  });

  it("gives bricks just the ports that the firewall is told of", () => {
    const bricks = glusterfs.listens(threeMachines, machine).find(({ lastPort }) => lastPort !== undefined)!;
    expect(lines).toContain(`option base-port ${bricks.port}`);
    expect(lines).toContain(`option max-port ${bricks.lastPort}`);
  });
});
