/** The thread of a log: takes what waits, makes it durable at once, answers. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { realBlockingDisk } from "../../disk/real-blocking-disk.ts";
import { LogWriter } from "./log-writer.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./worker-backend.ts";

const port = parentPort as MessagePort;
const { directory, segmentBytes, tail, segments } = workerData as WorkerStart;
const writer = new LogWriter(realBlockingDisk, directory, segmentBytes, tail, segments);

/** The requests that have come by now, `first` among them. */
function* withWaiting(first: WorkerRequest): Generator<WorkerRequest> {
  yield first;
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    yield next.message as WorkerRequest;
  }
}

function serve(first: WorkerRequest): void {
  let batches: Uint8Array[] = [];
  const flush = () => {
    if (batches.length > 0) answer({ kind: "written", places: writer.write(batches) });
    batches = [];
  };
  for (const request of withWaiting(first)) {
    if (request.kind === "write") {
      batches.push(request.batch);
      continue;
    }
    flush();
    if (request.kind === "release") writer.release(request.before);
    else writer.close();
    answer({ kind: "done" });
  }
  flush();
}

function answer(message: WorkerAnswer): void {
  port.postMessage(message);
}

port.on("message", (first: WorkerRequest) => {
  try {
    serve(first);
  } catch (error) {
    answer({ kind: "failed", message: (error as Error).message });
    port.close();
  }
});
