import { describe, expect, it } from "@jest/globals";
import { PRESENT_PASSWORD } from "../../src/toolkit/services/redis/names.ts";
import { secretLikeLines } from "./secret-like.ts";

describe("the search for secrets in generated files", () => {
  it.each([
    "requirepass hunter2",
    "masterauth hunter2",
    "sentinel auth-pass mailbastion hunter2",
    "    stats auth admin:hunter2",
    "    tcp-check send AUTH\\ hunter2\\r\\n",
    '      "password": "hunter2"',
    "wsrep_sst_password = hunter2",
    "    auth_pass hunter2",
    "-----BEGIN PRIVATE KEY-----",
    "value kR7mQx2ZbT9wLcVn4pYs",
  ])("finds %s", (line) => {
    expect(secretLikeLines(`first\n${line}\nlast`)).toEqual([line]);
  });

  it.each([
    "requirepass @@secret:cache/password:1@@",
    '      "password": "@@secret:database/password:1@@"',
    "# Every member has the same password.",
    'tcp-check expect string +OK comment "password accepted"',
    "ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256",
    "bind 192.168.1.100:443 ssl crt /etc/haproxy/tls/public-a9bdcd567c79.pem",
  ])("lets pass %s", (line) => {
    expect(secretLikeLines(line)).toEqual([]);
  });

  it("lets a script pass that finds the password on the machine, and nothing beside it", () => {
    expect(secretLikeLines(`${PRESENT_PASSWORD}\nrequirepass hunter2`)).toEqual(["requirepass hunter2"]);
  });
});
