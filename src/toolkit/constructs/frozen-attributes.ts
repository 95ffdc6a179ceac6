/*
 * What Terraform must not act on: the attributes for which the Docker provider (kreuzwerker/docker 3.6.2)
 * replaces a resource, so that no plan can remove a running machine. A change to one of them is made by
 * replacing the machine on purpose, one at a time, after a drain.
 */

/** The name and what the engine runs under it. */
const IDENTITY = ["name", "image", "hostname", "domainname", "labels"];

const PROCESS = [
  "command",
  "entrypoint",
  "env",
  "gpus",
  "group_add",
  "read_only",
  "stdin_open",
  "stop_signal",
  "stop_timeout",
  "tty",
  "upload",
  "user",
  "working_dir",
];

const ISOLATION = [
  "capabilities",
  "cgroup_parent",
  "cgroupns_mode",
  "devices",
  "ipc_mode",
  "pid_mode",
  "privileged",
  "runtime",
  "security_opts",
  "sysctls",
  "userns_mode",
];

const LIMITS = ["cpus", "shm_size", "ulimit"];

/** tmpfs does not replace: the provider can only report a change of it, in every plan, and never make it. */
const STORAGE = ["mounts", "storage_opts", "tmpfs", "volumes"];

const NETWORK = [
  "dns",
  "dns_opts",
  "dns_search",
  "host",
  "network_mode",
  "networks_advanced",
  "ports",
  "publish_all_ports",
];

const LOGS = ["log_driver", "log_opts"];

/** Of docker_container: in Terraform's spelling, sorted. */
export const FROZEN_CONTAINER_ATTRIBUTES: readonly string[] = [
  ...IDENTITY,
  ...PROCESS,
  ...ISOLATION,
  ...LIMITS,
  ...STORAGE,
  ...NETWORK,
  ...LOGS,
].toSorted();

/** Of docker_network: every argument; a network that is replaced takes all its containers off the wire. */
export const FROZEN_NETWORK_ATTRIBUTES: readonly string[] = [
  "attachable",
  "check_duplicate",
  "driver",
  "ingress",
  "internal",
  "ipam_config",
  "ipam_driver",
  "ipam_options",
  "ipv6",
  "labels",
  "name",
  "options",
];

/** Of docker_volume: every argument, on top of prevent_destroy, so that an edit does not make each plan fail. */
export const FROZEN_VOLUME_ATTRIBUTES: readonly string[] = ["driver", "driver_opts", "labels", "name"];
