import { describe, expect, it } from "@jest/globals";
import { generatePassword, PASSWORD_ALPHABET } from "../../../src/toolkit/vault/password.ts";

describe("a generated password", () => {
  it("has the length asked for and no character that a format treats specially or a person mistakes", () => {
    expect(PASSWORD_ALPHABET).toMatch(/^[A-Za-z0-9]+$/);
    expect(PASSWORD_ALPHABET).not.toMatch(/[0Oo1lI]/);
    for (const length of [8, 32, 64])
      expect(generatePassword(length)).toMatch(new RegExp(`^[${PASSWORD_ALPHABET}]{${length}}$`));
  });

  it("uses the whole alphabet and never comes twice", () => {
    const many = Array.from({ length: 500 }, () => generatePassword(32));
    expect(new Set(many).size).toBe(500);
    expect(new Set(many.join("")).size).toBe(PASSWORD_ALPHABET.length);
  });
});
