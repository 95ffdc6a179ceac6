/** The thread of a log: takes what waits, makes it durable at once, answers. */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { realBlockingDisk } from "../../disk/real-blocking-disk.ts";
import { LogWriter } from "./log-writer.ts";
import { Signal } from "./signal.ts";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./worker-backend.ts";

const { directory, segmentBytes, tail, segments, port, ...signals } = workerData as WorkerStart;
const asked = new Signal(signals.asked);
const answered = new Signal(signals.answered);
const writer = new LogWriter(realBlockingDisk, directory, segmentBytes, tail, segments);
let open = true;

/** The requests that have come by now. */
function* waiting(): Generator<WorkerRequest> {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    yield next.message as WorkerRequest;
  }
}

function serve(): void {
  let batches: Uint8Array[] = [];
  const flush = () => {
    if (batches.length > 0) answer({ kind: "written", places: writer.write(batches) });
    batches = [];
  };
  for (const request of waiting()) {
    if (request.kind === "write") {
      batches.push(request.batch);
      continue;
    }
    flush();
    if (request.kind === "release") writer.release(request.before);
    else {
      writer.close();
      open = false;
    }
    answer({ kind: "done" });
  }
  flush();
}

function answer(message: WorkerAnswer): void {
  port.postMessage(message);
  answered.raise();
}

// Not by the thread's own loop, which takes longer to wake: nothing else happens here.
for (let seen = 0; open;) {
  seen = asked.wait(seen);
  try {
    serve();
  } catch (error) {
    answer({ kind: "failed", message: (error as Error).message });
    open = false;
  }
}
port.close();
