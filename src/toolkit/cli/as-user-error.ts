import { isNativeError } from "node:util/types";
import { UserError } from "../../support/errors.ts";

/** What the system says of a file or folder that a person named, or of the disk below it, in words. See errno(3). */
const IN_THE_WAY: Readonly<Record<string, string>> = {
  EACCES: "may not be read or written by this user",
  EPERM: "may not be changed by this user",
  EROFS: "is on a file system that takes no writes",
  ENOSPC: "does not fit: the disk is full",
  ENOTDIR: "has a file where a folder should be",
  EEXIST: "is there already, and is a file where a folder should be",
};

/**
 * Turns what a person can mend, and only the surface can tell, into a UserError: a file system that refuses
 * (FILE_REFUSED), and Ctrl-C at a question (INTERRUPTED). Everything else is returned as it is.
 */
export function asUserError(error: unknown): unknown {
  if (!isNativeError(error) || error instanceof UserError) return error;
  // inquirer's, known by its name: the package exports no class.
  if (error.name === "ExitPromptError")
    return new UserError(
      "INTERRUPTED",
      "stopped at the question; nothing was changed",
      "run the command again",
      {
        cause: error,
      },
    );
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const reason = IN_THE_WAY[code ?? ""];
  if (reason === undefined || path === undefined || syscall === undefined) return error;
  return new UserError("FILE_REFUSED", `${path} ${reason}`, "name another place, or mend this one", {
    cause: error,
  });
}
