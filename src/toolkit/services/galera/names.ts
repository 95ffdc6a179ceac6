export const SERVER_UNIT = "mariadb.service";
/** Debian's sockets would hold port 3306 of all addresses before the server, and start one that is not decided on. */
export const SOCKET_UNITS = ["mariadb.socket", "mariadb-extra.socket"] as const;

export const CONFIG_PATH = "/etc/mysql/mariadb.conf.d/60-mailbastion.cnf";
export const DATA_DIRECTORY = "/var/lib/mysql";

/** Galera's own: lies there from the begin of a copy of all data to this member until its end. */
export const COPY_MARK = `${DATA_DIRECTORY}/sst_in_progress`;

export const CHECK_SOCKET_UNIT = "mailbastion-database-check.socket";
/** The system user of the health check and, by its socket, the database account of the same name. */
export const CHECK_USER = "mailbastion-dbcheck";

export const PASSWORD_SECRET = "database/password";

/** What galera_recovery said on this machine in the last recovery; in memory, as it counts only until the next start. */
export const POSITION_FILE = "/run/mailbastion-galera-position";
/** Inside the data, so that it goes when somebody empties them: says that they must not be written over. */
export const LEFT_OUT_FILE = "/var/lib/mysql/mailbastion-left-out";
