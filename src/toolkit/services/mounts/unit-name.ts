const PLAIN = /[A-Za-z0-9:_.]/;

/**
 * The name that systemd demands for the mount unit of a path (systemd.unit(5), "String Escaping for Inclusion in
 * Unit Names"): slashes become hyphens, everything else that is not plain its hexadecimal code, as does a
 * leading dot.
 */
export function mountUnitName(path: string): string {
  const trimmed = path.split("/").filter(Boolean).join("/");
  if (trimmed === "") return "-.mount";
  return `${[...Buffer.from(trimmed, "utf8")].map(escapeByte).join("")}.mount`;
}

function escapeByte(byte: number, index: number): string {
  const character = String.fromCharCode(byte);
  if (character === "/") return "-";
  const plain = byte < 128 && PLAIN.test(character) && !(index === 0 && character === ".");
  return plain ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
