import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type * as z from "zod";
import type { Secret } from "../../support/secret.ts";
import { UserError } from "../../support/errors.ts";

export interface HttpQuestion {
  readonly url: URL;
  /** What the other side is called in errors: "the Kubernetes API". */
  readonly peer: string;
  readonly headers: Readonly<Record<string, string | Secret>>;
  /** Certificates to trust in place of the system's, in PEM. */
  readonly ca: string | undefined;
  /** For the whole of it, from the connection to the last byte. */
  readonly limitMs: number;
}

/** Lists of a few hundred peers are far shorter. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * GETs JSON of the given form. node:https and not fetch, as fetch takes no certificate authority.
 *
 * Rejects with DISCOVERY_UNREACHABLE (no answer in time, or none at all), DISCOVERY_DENIED (401, 403),
 * DISCOVERY_UNKNOWN (404) or DISCOVERY_ANSWER (any other status, too long, not JSON, another form). Does not
 * follow redirects: they would carry the token elsewhere.
 */
export async function getJson<T>(question: HttpQuestion, form: z.ZodType<T>): Promise<T> {
  const { peer, url } = question;
  const { status, body } = await get(question);
  if (status === 401 || status === 403) {
    throw new UserError(
      "DISCOVERY_DENIED",
      `${peer} does not let this node ask (status ${status})`,
      "give it a token that may read what is asked for",
    );
  }
  if (status === 404) {
    throw new UserError(
      "DISCOVERY_UNKNOWN",
      `${peer} knows no ${url.pathname}`,
      "correct the address, the namespace or the name of the service",
    );
  }
  if (status !== 200) throw strange(question, `status ${status}`);
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch (error) {
    throw strange(question, "no JSON", error);
  }
  const parsed = form.safeParse(read);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw strange(question, `another form: ${issue!.path.join(".")}: ${issue!.message}`, parsed.error);
}

async function get(question: HttpQuestion): Promise<{ status: number; body: string }> {
  const { url, ca, limitMs } = question;
  const signal = AbortSignal.timeout(limitMs);
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  try {
    return await new Promise((resolve, reject) => {
      // No agent that keeps connections: what is asked once in a while must not hold a process or a socket.
      const asking = request(
        url,
        { headers: revealed(question), signal, agent: false, ...(ca && { ca }) },
        (answer) => {
          const pieces: Buffer[] = [];
          let have = 0;
          answer.on("data", (piece: Buffer) => {
            pieces.push(piece);
            have += piece.length;
            if (have > MAX_BODY_BYTES) asking.destroy(strange(question, `more than ${MAX_BODY_BYTES} bytes`));
          });
          answer.on("error", reject);
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString("utf8") }),
          );
        },
      );
      asking.on("error", reject);
      asking.end();
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = signal.aborted
      ? `no answer within ${limitMs} ms`
      : ((error as NodeJS.ErrnoException).code ?? String(error));
    throw new UserError(
      "DISCOVERY_UNREACHABLE",
      `${question.peer} at ${url.host} cannot be reached (${why})`,
      "see that it runs and that this machine may connect to it",
      { cause: error },
    );
  }
}

function revealed({ headers }: HttpQuestion): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, typeof value === "string" ? value : value.reveal()] as const,
  );
  return Object.fromEntries(entries);
}

function strange({ peer, url }: HttpQuestion, what: string, cause?: unknown): UserError {
  return new UserError(
    "DISCOVERY_ANSWER",
    `${peer} at ${url.host} answered with ${what}`,
    "see that the address is the one of its API",
    { cause },
  );
}
