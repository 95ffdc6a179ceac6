import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import type * as x509 from "@peculiar/x509";
import type { SecretRequest } from "../services/service.ts";

/** A certificate with its private key, both PEM; the key is unencrypted PKCS #8. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

type CertificateRequest = Extract<SecretRequest, { kind: "certificate" }>;

const DAY_MS = 86_400_000;
/** P-256 with SHA-256: every TLS library of the stack takes it, and a handshake costs a tenth of RSA's. */
const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

const AUTHORITY_DAYS = 3650;
/** The longest that clients of today take for a server's certificate. */
const CERTIFICATE_DAYS = 825;
/** A certificate is made anew when less than this is left of it. */
export const RENEW_DAYS_BEFORE_END = 90;
/** Machines whose clocks are behind must not find a certificate that is valid only in their future. */
const CLOCK_SKEW_MS = 3_600_000;

/** The certificate authority of a cluster: signs machines' certificates only, no further authority below it. RFC 5280, 4.2.1.9. */
export async function makeAuthority(commonName: string, now: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await privatePem(keys), certificate: pem(certificate) };
}

/**
 * A machine's certificate, signed by `authority`, good for both ends of a TLS connection: the members of a
 * cluster are each other's clients. It never outlives the authority.
 */
export async function makeCertificate(
  request: CertificateRequest,
  authority: KeyPair,
  now: number,
): Promise<KeyPair> {
  const x509 = await library();
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const notAfter = Math.min(now + CERTIFICATE_DAYS * DAY_MS, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: issuer.subject,
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(notAfter),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([
        ...request.names.map((value) => ({ type: "dns" as const, value })),
        ...request.addresses.map((value) => ({ type: "ip" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await privatePem(keys), certificate: pem(certificate) };
}

/** The instant, in milliseconds since 1970, from which a certificate is to be made anew. */
export function renewAfter(certificate: string): number {
  return new X509Certificate(certificate).validToDate.getTime() - RENEW_DAYS_BEFORE_END * DAY_MS;
}

/** Whether the key of `authority` has signed `certificate`, both PEM. Authorities that follow each other share a name. */
export function isIssuedBy(certificate: string, authority: string): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey);
}

/** Read only when a certificate is made: it is slow to load, and most runs make none. */
async function library(): Promise<typeof x509> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

async function importKey(pkcs8Pem: string): Promise<webcrypto.CryptoKey> {
  const der = (await library()).PemConverter.decodeFirst(pkcs8Pem);
  return webcrypto.subtle.importKey("pkcs8", der, KEY, false, ["sign"]);
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return `${(await library()).PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

/** Positive, unique without a register, below 20 octets. RFC 5280, 4.1.2.2. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
