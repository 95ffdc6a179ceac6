export const SERVER_UNIT = "redis-server.service";
export const CONFIG_PATH = "/etc/redis/redis.conf";
export const DATA_DIRECTORY = "/var/lib/redis";
export const PASSWORD_SECRET = "cache/password";

/**
 * A shell function: the password that the daemon of a file runs with now, which after a rotation is not yet the
 * one in the vault. $1 is the file. Only root can read it.
 */
export const PRESENT_PASSWORD = `
present_password() { sed -n 's/^requirepass "\\{0,1\\}\\([^"]*\\)"\\{0,1\\}$/\\1/p' "$1"; }`;

/**
 * A shell function: whether the server is stopped, so that its file alone says how it will be. One that is being stopped
 * writes the file no more; one that is being started has read it.
 */
export const STOPPED = `
stopped() { case $(systemctl is-active ${SERVER_UNIT}) in inactive | failed | deactivating) ;; *) false ;; esac; }`;
