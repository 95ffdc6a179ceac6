import { act, script, type Command } from "../steps/command.ts";

/** A shell function: puts its standard input into the file $1, whole or not at all, and on the disk. */
export const PUT_MARK = `
put_mark() {
  install -d -m 0755 "\${1%/*}"
  cat >"\${1%/*}/.new"
  chmod 0644 "\${1%/*}/.new"
  sync "\${1%/*}/.new"
  mv -f "\${1%/*}/.new" "$1"
  sync "\${1%/*}"
}`;

/** Puts a mark there; a loss of power does not forget it. */
export function putMark(path: string, text: string): Command {
  return act(script(`${PUT_MARK}\nput_mark "$1"`, [path]), { stdin: text });
}

/** Takes a mark away; one that is not there is no error. */
export function removeMark(path: string): Command {
  return act(script(REMOVE, [path]));
}

const REMOVE = `
[ -e "$1" ] || exit 0
rm -f "$1"
sync "\${1%/*}"`;
