import { UserError } from "../src/support/errors.ts";
import { ensureEngine, type Engine } from "../src/toolkit/lab/engine.ts";
import { confirm } from "./confirm.ts";
import { runDockerDemo } from "./docker/run.ts";
import { runEmbeddedDemo } from "./embedded/run.ts";

/*
 * `npm run demo`: a cluster of three machines takes mail, loses the machine that bears its address, and loses no
 * message. On machines in Docker; where no engine can be had, on three processes of this machine. Asks before it
 * installs anything (--yes answers); --keep leaves the lab up; --embedded takes the processes at once.
 */
const args = process.argv.slice(2);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function engine(): Promise<Engine | undefined> {
  if (args.includes("--embedded")) return undefined;
  const yes = args.includes("--yes") || process.env["CI"] === "true";
  try {
    return await ensureEngine({ yes, ask: confirm, report: print });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    print(
      `${error.message}: showing the embedded default instead, three mail nodes on loopback (${error.remedy})`,
    );
    return undefined;
  }
}

const docker = await engine();
const ledger = docker
  ? await runDockerDemo(docker, {
      file: "examples/three-machines.yaml",
      keep: args.includes("--keep"),
      print,
    })
  : await runEmbeddedDemo({ print });
process.exitCode = ledger.missing.length === 0 ? 0 : 1;
