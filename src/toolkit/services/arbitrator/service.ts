import { PORTS } from "../../../contract/ports.ts";
import { isWitnessIn } from "../../topology/voters.ts";
import type { Service } from "../service.ts";
import { arbitratorFiles } from "./files.ts";
import { formArbitratorPhase } from "./form-arbitrator.ts";
import { ARBITRATOR_UNIT, CONFIG_PATH } from "./names.ts";
import { arbitratorProbe } from "./probe.ts";

/** Galera's arbitrator: a vote in the database's cluster without any data. */
export const arbitrator: Service = {
  name: "arbitrator",
  runsOn: (topology, machine) => isWitnessIn(topology, machine, "database"),
  packages: () => ["galera-arbitrator-4", "iproute2"],
  users: () => [],
  listens: () => [
    { port: PORTS.galera, protocol: "tcp", on: "machine", from: ["database"], program: "garbd" },
  ],
  secrets: () => [],
  files: arbitratorFiles,
  units: () => [{ name: ARBITRATOR_UNIT, state: "running", enabled: true, startedByForm: true }],
  probe: arbitratorProbe,
  form: ({ topology }) => [formArbitratorPhase(topology)],
  departure: { file: CONFIG_PATH, by: "refusal" },
};
