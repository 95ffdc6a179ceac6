import type { Socket } from "node:net";
import type { SMTPServer } from "smtp-server";

type ProxyFacts = NonNullable<Parameters<SMTPServer["connect"]>[1]>;

/**
 * Whether a balancer opened a connection for itself, as it does to check: the client in its PROXY line is then the very end
 * from which the line came. No client can bring that about, as it has an end of its own.
 */
export function isOwnConnection(socket: Socket, { remoteAddress, remotePort }: ProxyFacts): boolean {
  return (
    remoteAddress !== undefined &&
    remoteAddress === socket.remoteAddress?.replace(/^::ffff:/, "") &&
    remotePort === socket.remotePort
  );
}
