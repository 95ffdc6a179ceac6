/** Where apply keeps its own things on a machine. */

const HOME = "/var/lib/mailbastion-apply";

/** The paths that the last apply put there, one per line. What is in it and in no bundle any more is removed. */
export const MANIFEST = `${HOME}/manifest`;

/** One empty file per action that is owed: written before a file is swapped, removed when its action is done. */
export const PENDING = `${HOME}/pending`;

/** The files that the last swap took the place of, under their own paths. */
export const PREVIOUS = `${HOME}/previous`;

/** The SHA-256 of every file as it was put, under its own path: a file that has another one was changed by hand. */
export const PLACED = `${HOME}/placed`;

/** In memory, as staged files hold secrets: gone with a reboot, wiped at the next apply. */
export const STAGING = "/run/mailbastion-staging";
