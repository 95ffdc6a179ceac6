import { UserError } from "../../support/errors.ts";

/** What a person can do about a port that could not be opened; any other error as it is. */
export function portError(thrown: unknown): unknown {
  const error = thrown as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = `${error.address}:${error.port}`;
  if (error.code === "EADDRINUSE") {
    return new UserError(
      "MAILNODE_PORT_TAKEN",
      `${where} is taken by another program`,
      `find it with: ss -lntup sport = :${error.port}`,
      { cause: error },
    );
  }
  if (error.code === "EACCES") {
    return new UserError(
      "MAILNODE_PORT_FORBIDDEN",
      `${where} may not be bound by this user`,
      "run it by its unit, which has CAP_NET_BIND_SERVICE",
      { cause: error },
    );
  }
  if (error.code === "EADDRNOTAVAIL") {
    return new UserError(
      "MAILNODE_ADDRESS_ABSENT",
      `${where} is no address of this machine`,
      "mend the machine's address in the cluster file",
      { cause: error },
    );
  }
  return error;
}
