import type { PlantedFault } from "../planted-fault.ts";

const inConfig = { service: "keepalived", pathEndsWith: "/keepalived.conf" };

export const faults: readonly PlantedFault[] = [
  {
    ...inConfig,
    title: "an interface that the machine does not have",
    mutate: (content) => content.replace(/^( {4}interface) .*/m, "$1 absent0"),
  },
  {
    ...inConfig,
    title: "a check script that is not there",
    mutate: (content) => content.replace("/usr/bin/setpriv", "/usr/bin/absent"),
  },
  {
    ...inConfig,
    // Not /usr/bin/tset: that one is there, it sets up terminals, and keepalived cannot know that it was not meant.
    title: "a look for the drain's mark by a program that is not there",
    mutate: (content) => content.replace("/usr/bin/test ", "/usr/bin/tesst "),
  },
  {
    ...inConfig,
    title: "scripts without script security",
    mutate: (content) => content.replace("    enable_script_security\n", ""),
  },
  {
    ...inConfig,
    title: "nopreempt beside a state of MASTER",
    mutate: (content) => content.replace("state BACKUP", "state MASTER"),
  },
  {
    ...inConfig,
    title: "a router id above 255",
    mutate: (content) => content.replace(/virtual_router_id \d+/, "virtual_router_id 256"),
  },
  {
    ...inConfig,
    title: "a password of more than 8 characters, of which keepalived would use 8",
    mutate: (content) =>
      content
        .replace("version 3", "version 2")
        .replace(
          /advert_int .*/,
          "advert_int 1\n    authentication {\n        auth_type PASS\n        auth_pass longer_than_8\n    }",
        ),
  },
  {
    ...inConfig,
    title: "version 2 with an interval below a second",
    mutate: (content) => content.replace("version 3", "version 2").replace(/advert_int .*/, "advert_int 0.3"),
  },
  {
    ...inConfig,
    title: "a misspelt keyword",
    mutate: (content) => content.replace("check_unicast_src", "check_unicast_source"),
  },
  {
    service: "keepalived",
    pathEndsWith: "keepalived.service.d/50-mailbastion.conf",
    title: "a misspelt setting, about which systemd only warns",
    mutate: (content) => content.replace("ExecStopPost", "ExecPostStop"),
  },
];
