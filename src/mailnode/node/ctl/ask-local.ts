import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { userInfo } from "node:os";
import type * as z from "zod";
import {
  API_OPERATIONS,
  API_ROOT,
  type ApiOperation,
  type OperationId,
} from "../../../contract/api-operations.ts";
import { problemSchema, type Problem } from "../../../contract/api-problem.ts";
import { UserError } from "../../../support/errors.ts";
import { LOCAL_USER_HEADER } from "../../admin/door.ts";

/** What the node answered instead of doing what it was asked. */
export class ProblemAnswer extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemAnswer";
    this.problem = problem;
  }
}

/** Longer than the node itself tries, and than a node that is taken in may need to catch up. */
const TIMEOUT_MS = 90_000;

export type AnswerOf<Id extends OperationId> = z.output<
  (typeof API_OPERATIONS)[Id]["answers"][200]["schema"]
>;

export interface Question {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/**
 * Asks the node of this machine through its local socket. Throws ProblemAnswer, MAILNODE_NOT_RUNNING,
 * MAILNODE_SOCKET_FORBIDDEN, and an Error when no answer comes in 90 seconds.
 */
export async function askLocal<Id extends OperationId>(
  socket: string,
  id: Id,
  { query = {}, body }: Question = {},
): Promise<AnswerOf<Id>> {
  const operation: ApiOperation = API_OPERATIONS[id];
  const given = Object.entries(query).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  const asked = request({
    socketPath: socket,
    method: operation.method,
    path: `${API_ROOT}${operation.path}?${search}`,
    headers: {
      host: "localhost",
      [LOCAL_USER_HEADER]: process.env["SUDO_USER"] ?? userInfo().username,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    timeout: TIMEOUT_MS,
  });
  asked.on("timeout", () => asked.destroy(new Error(`no answer came in ${TIMEOUT_MS} ms`)));
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(asked, "response").catch((error: unknown) => {
    throw unreachable(socket, error as NodeJS.ErrnoException);
  })) as [IncomingMessage];
  const answer = JSON.parse(await text(response)) as unknown;
  const success = operation.answers[response.statusCode ?? 0];
  if (!success) throw new ProblemAnswer(problemSchema.parse(answer));
  return success.schema.parse(answer) as AnswerOf<Id>;
}

function unreachable(socket: string, error: NodeJS.ErrnoException): unknown {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED")
    return new UserError(
      "MAILNODE_NOT_RUNNING",
      `no mbnode answers at ${socket} (${error.code})`,
      "start it: systemctl start mailbastion-mbnode; or name its socket with --socket",
      { cause: error },
    );
  if (error.code === "EACCES")
    return new UserError(
      "MAILNODE_SOCKET_FORBIDDEN",
      `${socket} may not be opened by this user`,
      "run it with sudo: the socket is for root and the node's own user",
      { cause: error },
    );
  return error;
}
