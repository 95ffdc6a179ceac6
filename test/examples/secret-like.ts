import { PRESENT_PASSWORD } from "../../src/toolkit/services/redis/names.ts";

/** Settings of the programs that we configure whose value is a password. Lines that begin with # are not settings. */
const PASSWORD_SETTING =
  /^(?!\s*#).*(?:requirepass|masterauth|(?:sentinel|auth)-pass|auth_pass|stats auth|send AUTH|pass(?:word|wd|phrase)?"?\s*[:=])/i;

const PLACEHOLDER = /@@secret:[^@]+@@/g;

/** Letters of both cases and digits, longer than any word: what the vault makes, and what keys look like. */
const RANDOM_RUN = /(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{20,}/;

/** Finds a password on the machine, and holds none. */
const READS_PASSWORD = PRESENT_PASSWORD.trim();

/** The lines of a generated file that seem to hold a real secret where only a placeholder may stand. */
export function secretLikeLines(content: string): readonly string[] {
  return content
    .replace(READS_PASSWORD, "")
    .split("\n")
    .filter((line) => {
      const rest = line.replace(PLACEHOLDER, "");
      return (
        rest.includes("-----BEGIN") || RANDOM_RUN.test(rest) || (PASSWORD_SETTING.test(line) && rest === line)
      );
    });
}
