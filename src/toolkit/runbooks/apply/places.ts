/** Where apply keeps its own things on a machine. */

const HOME = "/var/lib/mailbastion-apply";

/** The paths that the last apply put there, one per line. What is in it and in no bundle any more is removed. */
export const MANIFEST = `${HOME}/manifest`;

/** One empty file per action that is owed: written before a file is swapped, removed when its action is done. */
export const PENDING = `${HOME}/pending`;

/** The version of every file before the last one, under its own path. */
export const PREVIOUS = `${HOME}/previous`;

/** In memory, as staged files hold secrets: gone with a reboot, wiped at the next apply. */
export const STAGING = "/run/mailbastion-staging";
