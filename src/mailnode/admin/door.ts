import type { IncomingMessage } from "node:http";
import type { AccountRole } from "../../contract/states.ts";
import type { RunningCluster } from "../cluster/running-cluster.ts";
import { ProblemError } from "./api/problem.ts";
import { refuseAtWitness } from "./api/witness.ts";
import type { FailureLimit } from "./failure-limit.ts";

/** Who asks, and what he may. */
export interface Caller {
  /** For the audit log. */
  readonly actor: string;
  readonly role: AccountRole;
}

/** Where requests come in: it tells who asks. Throws ProblemError for somebody who cannot prove it. */
export type Door = (request: IncomingMessage) => Caller;

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/**
 * The console's port: who asks shows the token of an account (RFC 6750).
 *
 * No token, another scheme and a wrong token are one and the same answer. Failures beyond a limit are told so; a
 * right token passes even then, as behind a balancer all who ask have one address, and nobody guesses 256 bits.
 */
export function tokenDoor(cluster: () => RunningCluster | undefined, failures: FailureLimit): Door {
  return (request) => {
    const running = cluster();
    refuseAtWitness(running);
    const token = BEARER.exec(request.headers.authorization ?? "")?.[1];
    const account = token === undefined ? undefined : running?.roles.authenticate(token);
    if (account) return { actor: account.name, role: account.role };
    const retryAfterMs = failures.failed(request.socket.remoteAddress ?? "");
    if (retryAfterMs > 0)
      throw new ProblemError(
        "too-many-requests",
        "too many requests without a valid token came from this address",
        "wait, and show a valid one",
        { retryAfterMs },
      );
    throw new ProblemError(
      "unauthenticated",
      "this takes the token of an account",
      "send it as `Authorization: Bearer ...`; an admin makes one with: mbnode ctl account grant",
    );
  };
}

/** Says who is at work behind a shared account; see localDoor. */
export const LOCAL_USER_HEADER = "x-local-user";

const USER = /^[a-z_][a-z0-9_.-]{0,31}$/i;

/**
 * The local socket: the file's mode lets in root and the node's own user, who could change everything anyway. The
 * name that they give themselves is for the audit log.
 */
export function localDoor(owner: string): Door {
  return (request) => {
    const said = request.headers[LOCAL_USER_HEADER];
    const user = typeof said === "string" && USER.test(said) ? said : owner;
    return { actor: `local:${user}`, role: "admin" };
  };
}
