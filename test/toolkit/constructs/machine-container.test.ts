import { describe, expect, it } from "@jest/globals";
import { MachineContainer, Machines, MailTier } from "../../../src/toolkit/constructs/index.ts";
import { example, synthesise } from "./synth.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ operator";

const stack = synthesise((scope) => {
  const cluster = example("three-machines.yaml");
  const machines = new Machines(scope, "machines", {
    cluster,
    image: "registry.test/machine:1",
    authorizedKey: KEY,
  });
  new MailTier(scope, "mail", { machines });
});
const container = stack.resource["docker_container"]!["node-1"]!;
const volumes = Object.values(stack.resource["docker_volume"]!);

describe("a machine made by Docker", () => {
  it("ignores changes to whatever would replace its container", () => {
    expect(container["lifecycle"]).toEqual({
      ignore_changes: [
        "capabilities",
        "cgroup_parent",
        "cgroupns_mode",
        "command",
        "cpus",
        "devices",
        "dns",
        "dns_opts",
        "dns_search",
        "domainname",
        "entrypoint",
        "env",
        "gpus",
        "group_add",
        "host",
        "hostname",
        "image",
        "ipc_mode",
        "labels",
        "log_driver",
        "log_opts",
        "mounts",
        "name",
        "network_mode",
        "networks_advanced",
        "pid_mode",
        "ports",
        "privileged",
        "publish_all_ports",
        "read_only",
        "runtime",
        "security_opts",
        "shm_size",
        "stdin_open",
        "stop_signal",
        "stop_timeout",
        "storage_opts",
        "sysctls",
        "tmpfs",
        "tty",
        "ulimit",
        "upload",
        "user",
        "userns_mode",
        "volumes",
        "working_dir",
      ],
    });
  });

  it("is left alone when it is found stopped, and started by the engine after a boot", () => {
    expect(container).toMatchObject({ must_run: false, restart: "unless-stopped", start: true, rm: false });
  });

  it("is stopped as systemd wants it, with time for a database to close its files", () => {
    expect(container).toMatchObject({
      stop_signal: "SIGRTMIN+3",
      stop_timeout: 960,
      destroy_grace_seconds: 960,
    });
  });

  it("names its image by id, so that a tag which moves is no change", () => {
    const [image] = Object.keys(stack.resource["docker_image"]!);
    expect(container["image"]).toBe(`\${docker_image.${image}.image_id}`);
    expect(stack.resource["docker_image"]![image!]).toMatchObject({
      name: "registry.test/machine:1",
      keep_locally: true,
    });
  });

  it("has its capabilities sorted and spelt as the engine reports them", () => {
    expect(container["capabilities"]).toEqual({ add: ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"] });
  });

  it("says what the engine would fill in", () => {
    expect(container).toMatchObject({
      entrypoint: ["/sbin/init"],
      user: "root",
      working_dir: "/",
      ipc_mode: "private",
      network_mode: "bridge",
      log_driver: "json-file",
      cgroupns_mode: "host",
      privileged: false,
      init: false,
      devices: [{ host_path: "/dev/fuse", container_path: "/dev/fuse", permissions: "rwm" }],
    });
  });

  it("mounts its cgroups writable and every volume by the volume's own name", () => {
    const mounts = container["mounts"] as {
      type: string;
      source: string;
      target: string;
      read_only: boolean;
    }[];
    expect(mounts[0]).toEqual({
      type: "bind",
      source: "/sys/fs/cgroup",
      target: "/sys/fs/cgroup",
      read_only: false,
    });
    expect(mounts.slice(1).map(({ type, source }) => [type, source])).toEqual(
      Object.keys(stack.resource["docker_volume"]!)
        .filter((name) => name.startsWith("acme-node-1-"))
        .map((name) => ["volume", `\${docker_volume.${name}.name}`]),
    );
  });

  it("lets the operator's key in", () => {
    expect(container["upload"]).toEqual([
      { file: "/root/.ssh/authorized_keys", permissions: "0600", content: `${KEY}\n` },
    ]);
  });

  it("has its address in the cluster's network", () => {
    expect(container["networks_advanced"]).toEqual([
      { name: "${docker_network.acme.name}", ipv4_address: "192.168.1.101" },
    ]);
  });

  it("protects its volumes against destruction", () => {
    expect(volumes.length).toBeGreaterThan(0);
    for (const volume of volumes) {
      expect(volume["lifecycle"]).toEqual({
        prevent_destroy: true,
        ignore_changes: ["driver", "driver_opts", "labels", "name"],
      });
    }
  });

  it("is recognised by its symbol", () => {
    synthesise((scope) => {
      const machines = new Machines(scope, "machines", { cluster: example("three-machines.yaml") });
      machines.require("mail");
      expect(MachineContainer.isMachineContainer(machines.containerOf("node-1"))).toBe(true);
      expect(MachineContainer.isMachineContainer(machines)).toBe(false);
    });
  });
});
