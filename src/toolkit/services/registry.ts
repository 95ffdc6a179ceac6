import { arbitrator } from "./arbitrator/service.ts";
import { galera } from "./galera/service.ts";
import { glusterfs } from "./glusterfs/service.ts";
import { haproxy } from "./haproxy/service.ts";
import { keepalived } from "./keepalived/service.ts";
import { kernel } from "./kernel/service.ts";
import { mailnode } from "./mailnode/service.ts";
import { mounts } from "./mounts/service.ts";
import { nftables } from "./nftables/service.ts";
import { redis } from "./redis/service.ts";
import { sentinel } from "./sentinel/service.ts";
import type { Service } from "./service.ts";

/**
 * Every service there is, in the order of starting: the firewall before anything listens, what keeps data before
 * what uses it, and keepalived last, so that the VIP comes to a machine that can serve it.
 */
export const services: readonly Service[] = [
  kernel,
  nftables,
  glusterfs,
  galera,
  arbitrator,
  redis,
  sentinel,
  mounts,
  mailnode,
  haproxy,
  keepalived,
];
