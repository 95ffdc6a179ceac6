/**
 * A shell function, `once NAME COMMAND...`: what several questions of one look at a machine would ask of a program that
 * answers slowly, or one at a time, is asked by the first of them and told to the others. Outside of a look each asks for
 * itself: a gate wants to know what is true now.
 *
 * A look names its folder in the environment, see status/one-command.ts.
 */
export const ONCE = `
once() (
  if [ -z "\${MAILBASTION_LOOK-}" ]; then shift; "$@"; exit; fi
  kept=$MAILBASTION_LOOK/once-$1
  shift
  exec 9> "$kept.lock"
  flock 9
  # Whoever was killed while it asked has left no code.
  if [ ! -e "$kept.code" ]; then
    code=0
    "$@" > "$kept.out" 9>&- || code=$?
    echo "$code" > "$kept.code"
  fi
  cat "$kept.out"
  exit "$(cat "$kept.code")"
)`;
