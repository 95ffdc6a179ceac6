import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A link of one direction between two members, which a test can cut: then nothing passes and nobody is told. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: () => number;
  #cut = false;

  /** `target` is the port of the member behind it, on the loopback address, and asked for at each connection. */
  static async listen(target: () => number): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** What was connected while it was cut breaks, as after a long silence; new connections pass. */
  heal(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connected(near: Socket): void {
    this.#keep(near);
    if (this.#cut) return void near.pause();
    const far = connect(this.#target(), "127.0.0.1");
    this.#keep(far);
    near.pipe(far);
    far.pipe(near);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
