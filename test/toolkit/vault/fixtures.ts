import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecretRequest } from "../../../src/toolkit/services/service.ts";
import type { VaultOptions } from "../../../src/toolkit/vault/vault.ts";

export const DAY_MS = 86_400_000;
export const START = Date.UTC(2026, 10, 22);

type CertificateRequest = Extract<SecretRequest, { kind: "certificate" }>;

export const password: SecretRequest = { kind: "password", name: "cache/password", length: 32 };
export const authority: SecretRequest = { kind: "authority", name: "pki/cluster" };
export const certificate: CertificateRequest = {
  kind: "certificate",
  name: "pki/node-1",
  authority: "pki/cluster",
  commonName: "node-1",
  names: ["node-1", "node-1.example.com"],
  addresses: ["192.168.1.101"],
};
export const requests: readonly SecretRequest[] = [certificate, password, authority];

/** A project in a new folder, with its home beside it and a clock that stands still unless moved. */
export interface Project {
  readonly options: VaultOptions;
  readonly clock: { now: number };
  readonly path: (name: string) => string;
  readonly keyPath: string;
}

export async function newProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-vault-"));
  const clock = { now: START };
  return {
    clock,
    options: {
      directory: join(folder, "project"),
      cluster: "acme",
      env: { now: () => clock.now },
      environment: { HOME: join(folder, "home") },
      create: true,
    },
    path: (name) => join(folder, "project", ".mailbastion", "acme", name),
    keyPath: join(folder, "home", ".config", "mailbastion", "acme.key"),
  };
}
