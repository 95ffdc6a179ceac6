import { randomInt } from "node:crypto";

/**
 * Letters and digits that no configuration format, shell or URL treats specially, without those that people
 * take for one another when they read them aloud or copy them from a screen: 0 O o, 1 l I.
 */
export const PASSWORD_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/** A password of `length` characters from the system's secure random source: 5.8 bits of chance in each. */
export function generatePassword(length: number): string {
  return Array.from({ length }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join("");
}
