import { Secret } from "../../../../src/support/secret.ts";
import { makeAuthority, makeCertificate, type KeyPair } from "../../../../src/toolkit/vault/pki.ts";
import type { Identity } from "../../../../src/mailnode/raft/shell/tls-options.ts";

/** A cluster's authority, and identities that it signs for. */
export class TestAuthority {
  readonly pair: KeyPair;

  static async make(name = "test cluster"): Promise<TestAuthority> {
    return new TestAuthority(await makeAuthority(name, Date.now()));
  }

  private constructor(pair: KeyPair) {
    this.pair = pair;
  }

  /** For a member on the loopback address, known by `name`. */
  async identity(name: string, trusting: readonly TestAuthority[] = [this]): Promise<Identity> {
    const pair = await makeCertificate(
      {
        kind: "certificate",
        name,
        authority: "test",
        commonName: name,
        names: [name],
        addresses: ["127.0.0.1"],
      },
      this.pair,
      Date.now(),
    );
    return {
      key: new Secret(pair.key),
      certificate: pair.certificate,
      authority: trusting.map(({ pair: { certificate } }) => certificate).join(""),
    };
  }
}
