import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether something listens on the port of loopback; after a short pause where not. */
export async function connectOnce(port: number): Promise<boolean> {
  const isOpen = await new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
  if (!isOpen) await sleep(20);
  return isOpen;
}
