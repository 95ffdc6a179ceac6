import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../support/errors.ts";
import { shortHash } from "../../support/hash.ts";
import type { SecretRequest } from "../services/service.ts";
import type { KeyPair } from "./pki.ts";

type FilesRequest = Extract<SecretRequest, { kind: "files" }>;

/** The operator's certificate and key as they are now, with a version that changes when the certificate does. */
export interface OperatorCertificate extends KeyPair {
  readonly version: string;
}

/**
 * Reads the operator's own certificate (its chain may follow) and key, and refuses a pair that no server
 * could use. Relative paths are taken from `project`. Throws CERTIFICATE_* errors, one sentence per fault.
 */
export async function readOperatorCertificate(
  request: FilesRequest,
  project: string,
  now: number,
): Promise<OperatorCertificate> {
  const certificateFile = resolve(project, request.certificateFile);
  const keyFile = resolve(project, request.keyFile);
  const certificate = await read(certificateFile);
  const key = await read(keyFile);
  const parsed = parseCertificate(certificate, certificateFile);
  const privateKey = parseKey(key, keyFile);
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new UserError(
      "CERTIFICATE_KEY_MISMATCH",
      `the key ${keyFile} does not belong to the certificate ${certificateFile}`,
      "name the key with which this certificate was requested",
    );
  }
  refuseOutsideItsTime(parsed, certificateFile, now);
  return {
    certificate: withNewline(certificate),
    key: withNewline(key),
    version: certificateVersion(certificate),
  };
}

/** The version of an operator's certificate for synthesis, which needs no key; "1" where there is no such file yet. */
export async function operatorCertificateVersion(request: FilesRequest, project: string): Promise<string> {
  try {
    return certificateVersion(await readFile(resolve(project, request.certificateFile), "utf8"));
  } catch {
    return "1";
  }
}

function certificateVersion(certificate: string): string {
  return shortHash(certificate);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "cannot be read";
    throw new UserError(
      "CERTIFICATE_UNREADABLE",
      `${path} ${reason}`,
      "put the file there, or correct tls.public in the cluster file",
      {
        cause: error,
      },
    );
  }
}

function parseCertificate(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new UserError(
      "CERTIFICATE_INVALID",
      `${path} holds no PEM certificate`,
      "name a file that starts with -----BEGIN CERTIFICATE-----",
      { cause: error },
    );
  }
}

function parseKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const encrypted = text.includes("ENCRYPTED");
    throw new UserError(
      "CERTIFICATE_KEY_INVALID",
      `${path} holds ${encrypted ? "a private key with a passphrase, which no daemon could start with" : "no PEM private key"}`,
      encrypted
        ? `write it without one: openssl pkey -in ${path} -out NEW-FILE`
        : "name the file of the certificate's private key",
      { cause: error },
    );
  }
}

function refuseOutsideItsTime(certificate: X509Certificate, path: string, now: number): void {
  if (now > certificate.validToDate.getTime()) {
    throw new UserError(
      "CERTIFICATE_EXPIRED",
      `the certificate ${path} expired on ${certificate.validTo}`,
      "renew it and run the command again",
    );
  }
  if (now < certificate.validFromDate.getTime()) {
    throw new UserError(
      "CERTIFICATE_NOT_YET_VALID",
      `the certificate ${path} is valid only from ${certificate.validFrom}`,
      "set this machine's clock, or wait until then",
    );
  }
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
