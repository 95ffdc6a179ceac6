import { UserError } from "../../../support/errors.ts";
import { formatAddress, parseCidr } from "../../../support/ipv4.ts";
import { act, ask, script, type Answer } from "../../steps/command.ts";
import type { Phase } from "../../steps/phase.ts";
import type { Gate, Stage } from "../../steps/step.ts";
import { machinesWith, type Machine, type Topology } from "../../topology/topology.ts";
import type { FormContext } from "../service.ts";
import { CHECK_USER, PASSWORD_SECRET } from "./names.ts";

/**
 * The application's database and account, and the account of the health check. Asked and made on the first
 * member; the others have it from there. A login with the present password tells whether it is still the one
 * in the database, so that a rotated one is found without writing anything.
 */
export function accountsPhase(context: FormContext): Phase {
  const { topology } = context;
  const [first] = machinesWith(topology, "database");
  const { name, user } = topology.database;
  const host = accountHost(topology.network.cidr);
  const password = context.secret(PASSWORD_SECRET);
  return {
    title: "make databases and accounts",
    machines: first ? [first.name] : [],
    observe: () =>
      ask(script(OBSERVE, [first!.address, name, user, host, CHECK_USER]), { stdin: `${password}\n` }),
    decide: (answers) =>
      [...answers].flatMap(([machine, answer]) => {
        const statements = missing(answer, { name, user, host, password });
        if (statements.length === 0) return [];
        const make = act(["mariadb", "--batch"], { stdin: statements.join("\n") });
        const verify = canLogIn(topology, first!, password);
        return [
          [{ title: "make databases and accounts", machine, commands: [make], verify }],
        ] satisfies Stage[];
      }),
  };
}

/** Whether the application can log in with this password, through the database of this machine. */
export function canLogIn({ database }: Topology, { address }: Machine, password: string): Gate {
  return {
    title: "the application can log in",
    command: ask(script(LOG_IN, [address, database.name, database.user]), { stdin: `${password}\n` }),
    timeoutMs: 30_000,
    intervalMs: 500,
  };
}

/** The password is in the environment of this one client, which only root can read; never in an argument. */
const LOG_IN = `
IFS= read -r MYSQL_PWD
export MYSQL_PWD
mariadb --no-defaults --host="$1" --user="$3" --connect-timeout=5 --execute="SELECT 1" -- "$2" >/dev/null`;

const OBSERVE = `
IFS= read -r MYSQL_PWD
export MYSQL_PWD
ask() { MYSQL_PWD= mariadb --connect-timeout=5 --batch --skip-column-names --execute="$1" 2>/dev/null; }
ask "SELECT 'server', 'yes'" || exit 0
ask "SELECT 'database', SCHEMA_NAME FROM information_schema.SCHEMATA"
ask "SELECT 'account', User, Host FROM mysql.global_priv"
ask "SELECT 'grant', User, Host, Db FROM mysql.db"
ask "SELECT 'privilege', GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES"
if mariadb --no-defaults --host="$1" --user="$3" --connect-timeout=5 --execute="SELECT 1" >/dev/null 2>&1
then printf 'login\\tyes\\n'; fi`;

const CHECK_ACCOUNT = `'${CHECK_USER}'@'localhost'`;

interface Wanted {
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly password: string;
}

/** The names are identifiers and the password letters and digits by the rules of their origin: quoting them is enough. */
function missing(answer: Answer, { name, user, host, password }: Wanted): readonly string[] {
  if (answer.code !== 0) {
    throw new UserError(
      "DATABASE_UNREADABLE",
      `the database server's accounts could not be read: ${answer.stderr.trim()}`,
      "see what journalctl -u mariadb says on that machine",
    );
  }
  const there = new Set(answer.stdout.split("\n"));
  const has = (...fields: string[]) => there.has(fields.join("\t"));
  const account = `'${user}'@'${host}'`;
  const statements: string[] = [];
  if (!has("database", name))
    statements.push(`CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4;`);
  if (!has("account", user, host)) {
    statements.push(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`);
  } else if (!has("login", "yes")) {
    statements.push(`ALTER USER ${account} IDENTIFIED BY '${password}';`);
  }
  if (!has("grant", user, host, name))
    statements.push(`GRANT ALL PRIVILEGES ON \`${name}\`.* TO ${account};`);
  if (!has("account", CHECK_USER, "localhost")) {
    statements.push(`CREATE USER IF NOT EXISTS ${CHECK_ACCOUNT} IDENTIFIED VIA unix_socket;`);
  }
  // A check that programs with all connections keep out would have the balancers cut every one of them.
  if (!has("privilege", CHECK_ACCOUNT, "CONNECTION ADMIN"))
    statements.push(`GRANT CONNECTION ADMIN ON *.* TO ${CHECK_ACCOUNT};`);
  return statements;
}

/** The hosts of a network as MariaDB's accounts name them, "192.168.1.0/255.255.255.0". */
export function accountHost(cidr: string): string {
  const { base, prefix } = parseCidr(cidr)!;
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return `${formatAddress(base)}/${formatAddress(mask)}`;
}
