export const SERVER_UNIT = "mariadb.service";
/** Debian's sockets would hold port 3306 of all addresses before the server, and start one that is not decided on. */
export const SOCKET_UNITS = ["mariadb.socket", "mariadb-extra.socket"] as const;

export const CHECK_SOCKET_UNIT = "mailbastion-database-check.socket";
/** The system user of the health check and, by its socket, the database account of the same name. */
export const CHECK_USER = "mailbastion-dbcheck";

export const PASSWORD_SECRET = "database/password";
