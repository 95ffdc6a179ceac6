import { readFile } from "node:fs/promises";
import { UserError } from "../../support/errors.ts";
import { Secret } from "../../support/secret.ts";
import type { Target } from "../project/target.ts";
import { SshTransport } from "../ssh/ssh-transport.ts";
import { machineNamed } from "../topology/topology.ts";
import type { Io } from "./io.ts";

/** The way to a target's machines; where sudo asks for a password, it is found, or the person at the terminal asked. */
export function openTransport({ topology, ssh }: Target, io: Io): SshTransport {
  const sudoPassword = sudoPasswordFor(io);
  return new SshTransport((name) => machineNamed(topology, name).ssh, {
    ...ssh,
    ...(sudoPassword && { sudoPassword }),
  });
}

/** Throws SUDO_PASSWORD_FILE when it is called and the file cannot be read. */
function sudoPasswordFor({ environment, isInteractive }: Io): (() => Promise<Secret>) | undefined {
  const file = environment["MAILBASTION_SUDO_PASSWORD_FILE"];
  if (file) return () => fromFile(file);
  return isInteractive ? askPerson : undefined;
}

async function fromFile(file: string): Promise<Secret> {
  try {
    const [line = ""] = (await readFile(file, "utf8")).split("\n");
    if (line !== "") return new Secret(line);
  } catch (error) {
    throw unreadable(file, "cannot be read", error);
  }
  throw unreadable(file, "has an empty first line");
}

function unreadable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(
    "SUDO_PASSWORD_FILE",
    `the file ${file}, which MAILBASTION_SUDO_PASSWORD_FILE names, ${why}`,
    "write the password into its first line, readable for you alone",
    { cause },
  );
}

async function askPerson(): Promise<Secret> {
  // Read only when somebody is asked: it is slow to load.
  const { default: inquirer } = await import("inquirer");
  const { password } = await inquirer.prompt<{ password: string }>([
    { type: "password", name: "password", message: "password for sudo on the machines:", mask: "*" },
  ]);
  return new Secret(password);
}
