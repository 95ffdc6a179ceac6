/** Where runs keep their things on every machine: the lock, and the journals of the last runs. Open to root alone. */
export const RUNS = "/var/lib/mailbastion-runs";

/** Held shared by every changing command while it runs, and exclusively by whoever takes a stale lock over. */
export const FENCE = `${RUNS}/fence`;
