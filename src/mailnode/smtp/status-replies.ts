import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import { isOwnConnection } from "./own-connection.ts";

/** A reply as an error, the way smtp-server's handlers take one: "554" with "5.7.1 ...". */
export function reply(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/**
 * smtp-server with replies that may name their own enhanced status code, and with room for a balancer's checks.
 *
 * The library derives the code from the three digits alone, so that every 554 would be 5.6.0. And it greets a check with
 * 421 like anybody while clients have every place: what is full would count as down.
 */
export class StatusReplyServer extends SMTPServer {
  constructor(options: SMTPServerOptions) {
    super({ ...options, hideENHANCEDSTATUSCODES: false });
  }

  override connect(...[socket, options]: Parameters<SMTPServer["connect"]>): void {
    const connection = new StatusReplyConnection(this, socket, options);
    // What is not among them takes no place, and finds one.
    if (!isOwnConnection(socket, options ?? {})) this.connections.add(connection);
    connection.on("error", (error: Error) => this.emit("error", error));
    connection.init();
  }
}

class StatusReplyConnection extends SMTPConnection {
  override send(...[code, data, context]: Parameters<SMTPConnection["send"]>): void {
    const hasOwnStatus = typeof data === "string" && /^[245]\.\d{1,3}\.\d{1,3} /.test(data);
    super.send(code, data, hasOwnStatus ? false : context);
  }
}
