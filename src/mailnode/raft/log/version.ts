/** The version of all that lies in a log's directory. */
export const LOG_VERSION = 1;
