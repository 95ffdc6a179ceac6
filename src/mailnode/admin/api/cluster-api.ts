import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { OperationId } from "../../../contract/api-operations.ts";
import { mayAct } from "../../../contract/states.ts";
import type { Env } from "../../../support/env.ts";
import type { RunningCluster } from "../../cluster/running-cluster.ts";
import type { Caller, Door } from "../door.ts";
import type { Refusals } from "../refusals.ts";
import { sendJson, type Headers } from "../send.ts";
import { findOperation } from "./find-operation.ts";
import type { Handler, Reply } from "./handler.ts";
import { HANDLERS } from "./handlers.ts";
import { problemOf, ProblemError } from "./problem.ts";
import { readBody, readQuery } from "./read-request.ts";
import { Watchers } from "./watchers.ts";
import { refuseAtWitness } from "./witness.ts";

export interface ClusterApiOptions {
  /** Undefined: the node is in no cluster. */
  readonly cluster: () => RunningCluster | undefined;
  readonly refusals: Refusals;
  readonly env: Env;
  readonly log: Logger;
}

const MAX_WATCHERS = 64;
/** What a client may call its request; anything else gets a name of ours. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Answers what comes in below /api/cluster: who asks is proved first, then what may be done, then what is asked. */
export class ClusterApi {
  readonly #options: ClusterApiOptions;
  readonly #watchers = new Watchers(MAX_WATCHERS);

  constructor(options: ClusterApiOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
    await this.#guarded(request, response, door, "viewer", async (caller) => {
      const reply = await this.#reply(request, response, caller);
      return () => sendJson(response, reply.status, reply.body);
    });
  }

  /** Lets through to a page that takes a role; what keeps somebody out is answered here. Never rejects. */
  async guard(
    request: IncomingMessage,
    response: ServerResponse,
    door: Door,
    page: () => Promise<() => void>,
  ): Promise<void> {
    await this.#guarded(request, response, door, "viewer", page);
  }

  async #guarded(
    request: IncomingMessage,
    response: ServerResponse,
    door: Door,
    role: Caller["role"],
    task: (caller: Caller) => Promise<() => void>,
  ): Promise<void> {
    const { log } = this.#options;
    const said = request.headers["x-request-id"];
    const requestId = typeof said === "string" && REQUEST_ID.test(said) ? said : randomUUID();
    const facts: Record<string, unknown> = { requestId, method: request.method, path: pathOf(request)[0] };
    response.setHeader("x-request-id", requestId);
    let caller: Caller | undefined;
    try {
      caller = door(request);
      facts["actor"] = caller.actor;
      mustBe(caller, role);
      const send = await task(caller);
      send();
    } catch (error) {
      const problem = problemOf(error);
      facts["problem"] = problem.code;
      this.#countRefusal(request, caller, problem);
      if (problem.code === "internal") log.error({ ...facts, err: error }, "a request met a fault");
      sendProblem(response, problem, requestId);
    }
    facts["status"] = response.statusCode;
    // Neither somebody who tries tokens nor a monitor that asks all day may fill the disk.
    const isDull =
      facts["problem"] === "too-many-requests" || (request.method === "GET" && !facts["problem"]);
    log[isDull ? "debug" : "info"](facts, "request");
  }

  /** Who has proved himself may still be told of too many requests: that is no attempt at anything. */
  #countRefusal({ socket }: IncomingMessage, caller: Caller | undefined, { code }: ProblemError): void {
    const { refusals } = this.#options;
    const from = socket.remoteAddress;
    if (code === "forbidden") refusals.add(code, { from, ...(caller && { actor: caller.actor }) });
    else if (caller === undefined && (code === "unauthenticated" || code === "too-many-requests"))
      refusals.add(code, { from });
  }

  async #reply(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<Reply> {
    const [path, search] = pathOf(request);
    const found = findOperation(request.method ?? "", path);
    if (found.kind === "nothing")
      throw new ProblemError("not-found", "there is no such resource", "see the OpenAPI file");
    if (found.kind === "other-method") {
      response.setHeader("allow", found.allow);
      throw new ProblemError("method-not-allowed", `this resource knows ${found.allow}`, "use one of them");
    }
    const { id, operation } = found;
    mustBe(caller, operation.role);
    const cluster = this.#options.cluster();
    if (!cluster)
      throw new ProblemError(
        "not-found",
        "this node is in no cluster",
        "ask a node that is, or configure one",
      );
    refuseAtWitness(cluster, id);
    const query = readQuery(search, operation.query);
    const body = operation.body && (await readBody(request, operation.body));
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const { env } = this.#options;
    const call = {
      cluster,
      query,
      body,
      actor: caller.actor,
      signal: gone.signal,
      watchers: this.#watchers,
      env,
    };
    // The table pairs each id with the handler of its own types; the compiler cannot follow that through a lookup.
    return (HANDLERS[id] as Handler<OperationId>)(call as never);
  }
}

function mustBe(caller: Caller, role: Caller["role"]): void {
  if (mayAct(caller.role, role)) return;
  throw new ProblemError(
    "forbidden",
    `this takes the role ${role}, and ${caller.actor} has ${caller.role}`,
    "use an account of that role",
  );
}

function pathOf({ url = "/" }: IncomingMessage): readonly [path: string, search: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

function sendProblem(response: ServerResponse, problem: ProblemError, requestId: string): void {
  const { retryAfterMs } = problem.details;
  const headers: Headers = {
    ...(problem.code === "unauthenticated" && { "www-authenticate": 'Bearer realm="mailbastion"' }),
    ...(retryAfterMs !== undefined && { "retry-after": Math.ceil(retryAfterMs / 1000) }),
  };
  sendJson(response, problem.status, problem.body(requestId), headers, "application/problem+json");
}
