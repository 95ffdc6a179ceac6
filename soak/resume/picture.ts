import { exec, type Lab } from "../../src/toolkit/lab/lab.ts";

/*
 * What a machine looks like to whoever depends on it: which services run, who is marked as drained, in which state each
 * balancer has each server. No times, no process ids, and of the roles that wander only where they are not.
 */
const LOOK = `
vip=$1
for unit in haproxy keepalived mailbastion-mbnode redis-server redis-sentinel mariadb glusterd mailbastion-quarantine; do
  echo "$unit $(systemctl is-active "$unit" 2>/dev/null)"
done
pgrep -c glusterfsd | sed 's/^/bricks /'
find /var/lib/mailbastion-drain -type f 2>/dev/null | sort
if [ -S /run/haproxy/admin.sock ]; then
  echo 'show servers state' | socat -t 5 stdio /run/haproxy/admin.sock 2>/dev/null | awk '$2 !~ /^#/ && NF > 7 { print $2, $4, "admin", $7 }' | sort
fi
sed -n 's/^replica-priority/priority/p' /etc/redis/redis.conf | grep -v ' 100$' || true`;

/** The picture of every machine, in the order of the description. Machines without power have none. */
export async function pictureOf(lab: Lab): Promise<string> {
  const { machines, network } = lab.state.topology;
  const pictures = await Promise.all(
    machines.map(async ({ name }) => {
      const { stdout } = await exec(lab, name, ["sh", "-c", LOOK, "sh", network.vip], 60_000);
      return `${name}\n${stdout}`;
    }),
  );
  return pictures.join("\n");
}
