import { basename, join } from "node:path";
import { RELEASE } from "../../contract/release-layout.ts";

/**
 * Where this process opens its local socket: in the directory that its unit made for it (RUNTIME_DIRECTORY,
 * systemd.exec(5)), which is gone with it. Without one, as when it is started by hand, it opens none.
 */
export function localSocketPath(environment: NodeJS.ProcessEnv): string | undefined {
  const directory = environment["RUNTIME_DIRECTORY"];
  return directory ? join(directory, basename(RELEASE.socket)) : undefined;
}
