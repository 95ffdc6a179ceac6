import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { resolvePlaceholders, type Resolver } from "../../src/support/placeholder.ts";
import { buildBundle } from "../../src/toolkit/bundle/build.ts";
import type { Bundle, BundleFile } from "../../src/toolkit/bundle/bundle.ts";
import { packagesOf } from "../../src/toolkit/containers/packages.ts";
import { startCheckMachine, type CheckMachine } from "../../src/toolkit/lab/check-machine.ts";
import { ensureImage } from "../../src/toolkit/lab/image.ts";
import { prepareRelease, releasePhase } from "../../src/toolkit/release/index.ts";
import { checkFiles, type CheckResult } from "../../src/toolkit/runbooks/validate/check-files.ts";
import { services } from "../../src/toolkit/services/registry.ts";
import { parseCluster } from "../../src/toolkit/spec/parse.ts";
import { parseYaml } from "../../src/toolkit/spec/yaml.ts";
import { resolve } from "../../src/toolkit/topology/resolve.ts";
import { machineNamed, type Topology } from "../../src/toolkit/topology/topology.ts";
import { throwawayVault } from "../../src/toolkit/vault/throwaway-vault.ts";
import type { SecretStore } from "../../src/toolkit/vault/vault.ts";
import type { PlantedFault } from "../toolkit/services/planted-fault.ts";
import { acquireEngine, noEngine } from "./acquire-lab.ts";

const EXAMPLES = readdirSync("examples").filter((name) => name.endsWith(".yaml"));
const FAULTS = await plantedFaults();
/** Machines that between them have every service. */
const HOLDERS = [machineOf("three-machines.yaml", "node-1"), machineOf("two-and-a-witness.yaml", "node-3")];

(noEngine() === undefined ? describe : describe.skip)(
  "in a machine image, where every program is installed",
  () => {
    let machine: CheckMachine;
    let places = 0;
    const vaults = new Map<string, SecretStore>();

    beforeAll(async () => {
      const engine = await acquireEngine();
      const image = await ensureImage(engine, {
        variant: "machine",
        packages: EXAMPLES.flatMap((example) => packagesOf(topologyOf(example))),
        report: () => undefined,
      });
      machine = await startCheckMachine(engine, image);
      for (const topology of EXAMPLES.map(topologyOf)) {
        const requests = services.flatMap((service) => service.secrets(topology));
        vaults.set(topology.cluster, await throwawayVault(requests, Date.now()));
      }
      for (const stage of await releaseStages()) {
        for (const { commands } of stage)
          for (const command of commands)
            expect(await machine.transport.run("", command)).toMatchObject({ code: 0 });
      }
    }, 600_000);
    afterAll(() => machine?.remove());

    /** The mail node's program, which checks its own configuration. */
    const releaseStages = async () => {
      const phase = releasePhase(await prepareRelease(), ["image"]);
      return phase.decide(new Map([["image", await machine.transport.run("", phase.observe("image"))]]));
    };

    const resolverFor = ({ cluster }: Topology): Resolver => ({
      secret: (ref) => vaults.get(cluster)!.reveal(ref).reveal(),
      fact: () => machine.interface,
    });

    const check = (topology: Topology, bundle: Bundle): Promise<readonly CheckResult[]> =>
      checkFiles(topology, services, bundle, {
        transport: machine.transport,
        machine: "image",
        root: `/srv/check-${places++}`,
        resolver: resolverFor(topology),
      });

    /** With made-up secrets and facts put in: a fault may lie in them. */
    const resolved = (topology: Topology, bundle: Bundle): Bundle => ({
      ...bundle,
      files: bundle.files.map((file) => ({
        ...file,
        content: resolvePlaceholders(file.content, resolverFor(topology)),
      })),
    });

    it.each(EXAMPLES)(
      "every file of one machine of each kind of %s is accepted by its real program",
      async (example) => {
        const topology = topologyOf(example);
        const kinds = new Map(topology.machines.map((one) => [one.roles.join(), one]));
        for (const one of kinds.values()) {
          const results = await check(topology, buildBundle(topology, one));
          expect(
            results.filter(({ outcome }) => outcome !== "accepted" && outcome !== "has no check"),
          ).toEqual([]);
          expect(results.filter(({ outcome }) => outcome === "accepted").length).toBeGreaterThan(0);
        }
      },
      300_000,
    );

    it("there is a planted fault for every service that has a checked file", () => {
      const checked = HOLDERS.flatMap((one) =>
        buildBundle(one.topology, one.machine).files.filter((file) => file.check.kind === "command"),
      );
      expect([...new Set(checked.map((file) => file.service))].sort()).toEqual(
        [...new Set(FAULTS.map((fault) => fault.service))].sort(),
      );
    });

    it.each(FAULTS.map((fault) => [fault.service, fault.title, fault] as const))(
      "the check of %s refuses a file with %s",
      async (_service, _title, fault) => {
        const { topology, machine: holder } = HOLDERS.find((one) =>
          buildBundle(one.topology, one.machine).files.some((file) => file.service === fault.service),
        )!;
        const bundle = resolved(topology, buildBundle(topology, holder));
        const target = bundle.files.find(
          (file) => file.service === fault.service && withoutHash(file).endsWith(fault.pathEndsWith),
        );
        expect(target).toBeDefined();
        const content = fault.mutate(target!.content);
        expect(content).not.toBe(target!.content);
        const files = bundle.files
          .filter((file) => file.addressed || file === target)
          .map((file) => (file === target ? { ...file, content } : file));
        const results = await check(topology, { ...bundle, files });
        expect(results.find(({ path }) => path === target!.path)).toMatchObject({ outcome: "refused" });
      },
      60_000,
    );
  },
);

function withoutHash({ path, addressed }: BundleFile): string {
  return addressed ? path.replace(/-[0-9a-f]{12}(?=\.|$)/, "") : path;
}

function machineOf(example: string, name: string) {
  const topology = topologyOf(example);
  return { topology, machine: machineNamed(topology, name) };
}

function topologyOf(example: string): Topology {
  const topology = resolve(
    parseCluster(parseYaml(readFileSync(`examples/${example}`, "utf8"), example), example),
  );
  // An interface that the description names is not in the image.
  const { interface: _named, ...network } = topology.network;
  return { ...topology, network };
}

async function plantedFaults(): Promise<readonly PlantedFault[]> {
  const lists = services.map(
    async ({ name }) =>
      ((await import(`../toolkit/services/${name}/faults.ts`)) as { faults: readonly PlantedFault[] }).faults,
  );
  return (await Promise.all(lists)).flat();
}
