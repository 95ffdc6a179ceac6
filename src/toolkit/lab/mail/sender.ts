import { setTimeout as wait } from "node:timers/promises";
import { createTransport } from "nodemailer";

export interface Sending {
  readonly host: string;
  readonly port: number;
  /** Each message's id is the prefix, a hyphen and its number. */
  readonly prefix: string;
  readonly count: number;
  readonly to: string;
  /** Connections at the same time. */
  readonly connections: number;
  /** How long one message is tried again after a refusal or a lost connection. */
  readonly patienceMs: number;
}

export interface Sent {
  /** Ids answered 250. */
  readonly answered: readonly string[];
  /** Ids that never were, with the last reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** How often something had to be sent again. */
  readonly retries: number;
  /** When the first 250 came after the start, and the longest that one message took, in milliseconds. */
  readonly firstAnswerMs: number;
  readonly longestMs: number;
}

const RETRY_MS = 100;
/** Long enough for a machine with both CPUs busy, short enough to notice one that is gone. */
const STEP_TIMEOUT_MS = 5_000;
const FROM = "sender@lab.invalid";

/** Sends messages with ids as a patient sender does: what is not answered 250 is sent again, with the same id. */
export async function sendMails(sending: Sending): Promise<Sent> {
  const started = performance.now();
  const answered: string[] = [];
  const refused = new Map<string, string>();
  let retries = 0;
  let firstAnswerMs = 0;
  let longestMs = 0;
  let next = 0;

  const sendOne = async (id: string): Promise<void> => {
    const begin = performance.now();
    for (;;) {
      try {
        await submit(sending, id);
        const now = performance.now();
        firstAnswerMs ||= now - started;
        longestMs = Math.max(longestMs, now - begin);
        answered.push(id);
        return;
      } catch (error) {
        if (performance.now() - begin >= sending.patienceMs) {
          refused.set(id, (error as Error).message);
          return;
        }
        retries++;
        await wait(RETRY_MS);
      }
    }
  };
  const work = async (): Promise<void> => {
    while (next < sending.count) await sendOne(`${sending.prefix}-${++next}`);
  };
  await Promise.all(Array.from({ length: sending.connections }, work));
  return {
    answered,
    refused,
    retries,
    firstAnswerMs: Math.round(firstAnswerMs),
    longestMs: Math.round(longestMs),
  };
}

async function submit({ host, port, to }: Sending, id: string): Promise<void> {
  const transport = createTransport({
    host,
    port,
    // The lab's certificate is nobody's; whether TLS works is asked by tests of its own.
    ignoreTLS: true,
    connectionTimeout: STEP_TIMEOUT_MS,
    greetingTimeout: STEP_TIMEOUT_MS,
    socketTimeout: STEP_TIMEOUT_MS,
  });
  try {
    await transport.sendMail({
      from: FROM,
      to,
      messageId: `<${id}@lab.invalid>`,
      subject: `Message ${id}`,
      text: `This is message ${id}.`,
    });
  } finally {
    transport.close();
  }
}
