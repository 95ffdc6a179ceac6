import { pino, stdTimeFunctions, destination, type Logger } from "pino";
import { takesMail, type NodeConfig } from "../../contract/witness-config.ts";
import { realDisk } from "../disk/real-disk.ts";
import { readConfig } from "./config-file.ts";
import { localSocketPath } from "./local-socket-path.ts";
import { MailNode } from "./mail-node.ts";
import { WitnessNode } from "./witness-node.ts";
import { lockSpool } from "./spool-lock.ts";
import { systemEnv } from "./system-env.ts";
import { version } from "./version.ts";

/** Runs a mail node, or a witness, until SIGTERM or SIGINT; a second signal ends it at once; SIGHUP reloads. Throws what their start throws. */
export async function run(configFile: string): Promise<void> {
  // What ps, ss and the firewall's owner see; Node calls its main thread "MainThread".
  process.title = "mbnode";
  const config = await readConfig(configFile);
  const log = pino(
    { base: { node: config.node }, timestamp: stdTimeFunctions.isoTime },
    destination({ fd: 1, sync: true }),
  );
  const node = await start(config, log);
  let stopping = false;
  const stop = (exitCode: number): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void node.stop().then(() => process.exit(exitCode));
  };
  process.on("SIGTERM", () => stop(0));
  process.on("SIGINT", () => stop(0));
  process.on("SIGHUP", () => {
    node.reload().then(
      () => log.info("gossip keys and certificates were read anew"),
      (error: unknown) => log.error({ err: error }, "nothing was read anew: keys and certificates stay"),
    );
  });
  void node.failed().then(({ what, error, exitCode }) => {
    log.fatal({ err: error }, what);
    stop(exitCode);
  });
}

async function start(config: NodeConfig, log: Logger): Promise<MailNode | WitnessNode> {
  const common = { version: version(), env: systemEnv, log, socket: localSocketPath(process.env) };
  if (!takesMail(config)) return WitnessNode.start({ config, ...common });
  await lockSpool(config.queue.path);
  return MailNode.start({ config, disk: realDisk, ...common });
}
