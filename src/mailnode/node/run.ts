import { pino, stdTimeFunctions, destination } from "pino";
import { realDisk } from "../disk/real-disk.ts";
import { readConfig } from "./config-file.ts";
import { MailNode } from "./mail-node.ts";
import { lockSpool } from "./spool-lock.ts";
import { systemEnv } from "./system-env.ts";
import { version } from "./version.ts";

/** Runs a mail node until SIGTERM or SIGINT; a second signal ends it at once. Throws what MailNode.start throws. */
export async function run(configFile: string): Promise<void> {
  // What ps, ss and the firewall's owner see; Node calls its main thread "MainThread".
  process.title = "mbnode";
  const config = await readConfig(configFile);
  const log = pino(
    { base: { node: config.node }, timestamp: stdTimeFunctions.isoTime },
    destination({ fd: 1, sync: true }),
  );
  await lockSpool(config.queue.path);
  const node = await MailNode.start({ config, version: version(), disk: realDisk, env: systemEnv, log });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void node.stop().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
