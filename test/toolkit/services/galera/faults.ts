import type { PlantedFault } from "../planted-fault.ts";

const config = { service: "galera", pathEndsWith: "/60-mailbastion.cnf" };

export const faults: readonly PlantedFault[] = [
  {
    ...config,
    title: "an option that the server does not know",
    mutate: (content) => content.replace("max_connections =", "max_conections ="),
  },
  {
    ...config,
    title: "a word where the log format stands",
    mutate: (content) => content.replace("binlog_format = ROW", "binlog_format = ROWS"),
  },
  {
    ...config,
    title: "a number that InnoDB cannot read, for which the server only disables InnoDB",
    mutate: (content) =>
      content.replace(/innodb_flush_log_at_trx_commit = \d/, "innodb_flush_log_at_trx_commit = 1x"),
  },
  {
    service: "galera",
    pathEndsWith: "/mariadb.service.d/mailbastion.conf",
    title: "a misspelt key",
    mutate: (content) => content.replace("RestartSec=", "RestartSecs="),
  },
  {
    service: "galera",
    pathEndsWith: "/database-check.sh",
    title: "a case without its end",
    mutate: (content) => content.replace("esac", ""),
  },
  {
    service: "galera",
    pathEndsWith: "/mailbastion-database-check.socket",
    title: "an address that is none",
    mutate: (content) => content.replace(/ListenStream=\S+/, "ListenStream=192.168.1:port"),
  },
  {
    service: "galera",
    pathEndsWith: "/mailbastion-database-check@.service",
    title: "a misspelt key",
    mutate: (content) => content.replace("StandardInput=", "StdInput="),
  },
];
