import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { FaultsError } from "../../../src/support/errors.ts";
import { defineCluster, parseCluster } from "../../../src/toolkit/spec/parse.ts";
import type { ClusterInput } from "../../../src/toolkit/spec/schema.ts";
import { parseYaml } from "../../../src/toolkit/spec/yaml.ts";

const ALL = ["balancer", "mail", "database", "cache", "storage"] as const;

function sound(): ClusterInput {
  return {
    name: "acme",
    mail: { domains: ["example.com"], relayNetworks: ["192.168.1.0/24"], nextHop: "mx.internal:25" },
    network: { cidr: "192.168.1.0/24", vip: "192.168.1.100" },
    machines: {
      "node-1": { address: "192.168.1.101", roles: [...ALL] },
      "node-2": { address: "192.168.1.102", roles: [...ALL] },
      "node-3": { address: "192.168.1.103", roles: ["mail", "database", "cache", "storage"] },
    },
  };
}

/** The faults of the sound description after `spoil`, each as "path: rule; remedy". */
function faultsOf(spoil: (input: Record<string, any>) => void): string[] {
  const input = structuredClone(sound()) as Record<string, any>;
  spoil(input);
  try {
    parseCluster(input, "cluster.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(FaultsError);
    return (error as FaultsError).faults.map(({ path, rule, remedy }) => `${path}: ${rule}; ${remedy}`);
  }
  return [];
}

describe("the description of a cluster", () => {
  it("is accepted in its shortest form, with every default filled in", () => {
    expect(defineCluster(sound())).toMatchSnapshot();
  });

  it.each(readdirSync("examples").filter((name) => name.endsWith(".yaml")))(
    "accepts the example %s",
    (name) => {
      expect(() =>
        parseCluster(parseYaml(readFileSync(`examples/${name}`, "utf8"), name), name),
      ).not.toThrow();
    },
  );

  it("suggests the near name for an unknown key", () => {
    expect(faultsOf((input) => (input.mail.nexthop = "x:25"))).toEqual([
      'mail.nexthop: is no key of a cluster; did you mean "nextHop"?',
    ]);
    expect(faultsOf((input) => (input.machines["node-1"].adress = "x"))).toEqual([
      'machines.node-1.adress: is no key of a cluster; did you mean "address"?',
    ]);
  });

  it("lists the known keys when no name is near", () => {
    expect(faultsOf((input) => (input.network.zzzzzz = 1))[0]).toBe(
      "network.zzzzzz: is no key of a cluster; known keys here: cidr, vip, interface",
    );
  });

  it("suggests the near value of a choice", () => {
    expect(faultsOf((input) => (input.machines["node-1"].roles = ["databse"]))[0]).toContain(
      'did you mean "database"?',
    );
  });

  it("says what is missing", () => {
    expect(faultsOf((input) => delete input.network.vip)).toEqual([
      "network.vip: is missing; add it; docs/reference/cluster.md describes every key",
    ]);
  });

  it("reports all faults of single values at once, each with the value", () => {
    try {
      parseCluster(
        { ...sound(), name: "Acme!", network: { cidr: "192.168.1.7/24", vip: "1.2.3" } },
        "cluster.yaml",
      );
      throw new Error("accepted");
    } catch (error) {
      const message = (error as Error).message;
      expect(message).toContain('name is "Acme!"');
      expect(message).toContain('network.cidr is "192.168.1.7/24": must be a network without host bits');
      expect(message).toContain('network.vip is "1.2.3": must be an IPv4 address');
      expect(message).toContain("cluster.yaml has 3 faults");
    }
  });

  it("lets neither a newline nor a quote nor a template brace into any text", () => {
    const texts: ((input: Record<string, any>, text: string) => void)[] = [
      (input, text) => (input.name = text),
      (input, text) => (input.mail.domains = [text]),
      (input, text) => (input.mail.hostname = text),
      (input, text) => (input.mail.nextHop = `${text}:25`),
      (input, text) => (input.network.interface = text),
      (input, text) => (input.balancer = { statsUser: text }),
      (input, text) => (input.database = { name: text }),
      (input, text) => (input.database = { user: text }),
      (input, text) => (input.cache = { masterName: text }),
      (input, text) => (input.storage = { volume: text }),
      (input, text) => (input.storage = { brickPath: `/${text}` }),
      (input, text) => (input.storage = { mountPath: `/${text}` }),
      (input, text) => (input.tls = { public: { certificateFile: `/${text}`, keyFile: "/k" } }),
      (input, text) => (input.ssh = { user: text }),
      (input, text) => (input.ssh = { jump: [`${text}@bastion:22`] }),
      (input, text) => (input.ssh = { jump: [text] }),
      (input, text) => (input.machines["node-1"].region = text),
      (input, text) => (input.machines[text] = { address: "192.168.1.104", roles: ["balancer"] }),
    ];
    const hostile = fc.constantFrom(
      "\n",
      "\r",
      "\0",
      '"',
      "'",
      "`",
      "{{",
      "}}",
      "$",
      ";",
      " ",
      "@@",
      "\\",
      "#",
    );
    fc.assert(
      fc.property(fc.constantFrom(...texts), hostile, fc.constantFrom("a", "ab1"), (put, bad, good) => {
        expect(faultsOf((input) => put(input, `${good}${bad}${good}`))).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

describe("rules across sections", () => {
  it("refuse two machines of one address", () => {
    expect(faultsOf((input) => (input.machines["node-2"].address = "192.168.1.101"))).toEqual([
      "machines.node-2.address: is already the address of node-1; give each machine an address of its own",
    ]);
  });

  it.each(["192.168.2.101", "192.168.1.0", "192.168.1.255"])(
    "refuse the address %s, which no host of the network may have",
    (address) => {
      expect(faultsOf((input) => (input.machines["node-3"].address = address))[0]).toContain(
        "is no host address of network.cidr 192.168.1.0/24",
      );
    },
  );

  it("refuse a VIP that is a machine's address, or outside the network", () => {
    expect(faultsOf((input) => (input.network.vip = "192.168.1.102"))[0]).toContain(
      "network.vip: is the address of machine node-2",
    );
    expect(faultsOf((input) => (input.network.vip = "10.0.0.1"))[0]).toContain(
      "network.vip: is no host address",
    );
  });

  it.each(["mail", "database", "cache"])(
    "refuse an even number of voters in the %s tier and write the quorum out",
    (role) => {
      const faults = faultsOf((input) => {
        input.machines["node-4"] = { address: "192.168.1.104", roles: [role] };
      });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain("4 machines vote");
      expect(faults[0]).toContain("a quorum is 3");
      expect(faults[0]).toContain(`give the role ${role} to an odd number of machines`);
    },
  );

  it("refuse two replicas of the storage, and say why", () => {
    const faults = faultsOf((input) => (input.machines["node-3"].roles = ["mail", "database", "cache"]));
    expect(faults).toEqual([expect.stringContaining("two replicas cannot tell which of them is right")]);
  });

  it("refuse two full machines alone, and name the witness that would make them a cluster", () => {
    const faults = faultsOf((input) => delete input.machines["node-3"]);
    expect(faults).toHaveLength(4);
    for (const fault of faults) expect(fault).toContain("or the role witness to a small one beside them");
  });

  it("accept two full machines and a witness, which may be a balancer", () => {
    expect(faultsOf((input) => (input.machines["node-3"].roles = ["witness"]))).toEqual([]);
    expect(faultsOf((input) => (input.machines["node-3"].roles = ["balancer", "witness"]))).toEqual([]);
  });

  it("refuse a witness that holds data of a tier in which it votes, and leave it those with an odd number", () => {
    const faults = faultsOf((input) => {
      input.machines["node-3"].roles = ["mail", "storage"];
      input.machines["node-4"] = { address: "192.168.1.104", roles: ["database", "cache", "witness"] };
      input.machines["node-5"] = { address: "192.168.1.105", roles: ["cache"] };
    });
    // Three mail nodes, databases and bricks, and four caches: there it would have two votes.
    expect(faults).toEqual([
      expect.stringContaining(
        "machines.node-4.roles: names witness and cache: of 4 machines with the role cache it would have two votes",
      ),
    ]);
  });

  it("refuse a second witness, which would make the votes even again", () => {
    const faults = faultsOf((input) => {
      input.machines["node-3"].roles = ["witness"];
      input.machines["node-4"] = { address: "192.168.1.104", roles: ["witness"] };
    });
    expect(faults).toEqual([
      expect.stringContaining("machines.node-4.roles: names a second witness beside node-3"),
    ]);
  });

  it("refuse a witness where no tier lacks a vote", () => {
    const faults = faultsOf((input) => {
      input.machines["node-4"] = { address: "192.168.1.104", roles: ["witness"] };
    });
    expect(faults).toEqual([
      expect.stringContaining("every tier has an odd number of machines, which needs none"),
    ]);
  });

  it("refuse a rank in elections where nobody leads, and ranks of which none is the first", () => {
    expect(faultsOf((input) => (input.machines["node-3"].electionRank = 1))).toEqual([]);
    expect(
      faultsOf((input) => {
        input.machines["node-3"].roles = ["witness"];
        input.machines["node-3"].electionRank = 1;
      }),
    ).toEqual([
      "machines.node-3.electionRank: is of a machine without the role mail, which never leads the mail nodes; take it away",
    ]);
    expect(
      faultsOf(({ machines }) => {
        for (const name of ["node-1", "node-2", "node-3"]) machines[name].electionRank = 1;
      }),
    ).toEqual([
      "machines: every machine with the role mail has an electionRank above 0, so that each election waits for nobody; give 0 to those of the region that is to lead",
    ]);
    expect(faultsOf((input) => (input.machines["node-3"].electionRank = 11))[0]).toContain("at most 10");
  });

  it("refuse one machine with a witness: there is nobody to go on with", () => {
    const faults = faultsOf((input) => {
      delete input.machines["node-2"];
      input.machines["node-3"].roles = ["witness"];
    });
    expect(faults).toContainEqual(expect.stringContaining("1 machine(s) have the role database"));
  });

  it.each(["127.0.0.0/8", "169.254.7.0/24", "224.0.0.0/24"])(
    "refuse the network %s, which machines cannot share",
    (cidr) => {
      const faults = faultsOf((input) => (input.network.cidr = cidr));
      expect(faults[0]).toContain(`network.cidr: overlaps`);
    },
  );

  it("refuse a cluster without a balancer", () => {
    expect(
      faultsOf((input) => {
        for (const name of ["node-1", "node-2"])
          input.machines[name].roles = ["mail", "database", "cache", "storage"];
      }),
    ).toEqual([expect.stringContaining("no machine has the role balancer")]);
  });

  it("refuse to relay for the whole internet, and mail that runs in a circle", () => {
    expect(faultsOf((input) => (input.mail.relayNetworks = ["0.0.0.0/0"]))[0]).toContain(
      "would relay for the whole internet",
    );
    expect(faultsOf((input) => (input.mail.nextHop = "192.168.1.100:25"))[0]).toContain(
      "is the cluster's own VIP",
    );
  });

  it("refuse times that undo each other", () => {
    expect(faultsOf((input) => (input.cache = { maxReplicaLag: "2s" }))[0]).toContain(
      "must be shorter than cache.downAfter (1700ms)",
    );
    expect(faultsOf((input) => (input.cache = { maxReplicaLag: "1500ms" }))[0]).toContain(
      "must be whole seconds",
    );
    expect(faultsOf((input) => (input.database = { suspectTimeout: "5s" }))[0]).toContain(
      "must be shorter than database.inactiveTimeout",
    );
    expect(faultsOf((input) => (input.mail.retry = { first: "1h" }))[0]).toContain(
      "must not exceed mail.retry.longest",
    );
  });

  it("refuse to cut off mail that is on its way when a balancer reloads", () => {
    expect(faultsOf((input) => (input.balancer = { hardStopAfter: "899s" }))).toEqual([
      expect.stringContaining("balancer.hardStopAfter: must be 15m or longer: a mail server may wait 10 min"),
    ]);
    expect(faultsOf((input) => (input.balancer = { hardStopAfter: "15m" }))).toEqual([]);
    expect(faultsOf((input) => (input.balancer = { hardStopAfter: "1h" }))).toEqual([]);
  });

  it("refuse a brick and a mount inside each other", () => {
    expect(
      faultsOf((input) => (input.storage = { brickPath: "/srv/x", mountPath: "/srv/x/y" }))[0],
    ).toContain("choose two separate folders");
    expect(faultsOf((input) => (input.storage = { brickPath: "/srv/x", mountPath: "/srv/xy" }))).toEqual([]);
  });
});
