#!/bin/sh
# Stands in for mbctl: writes down what it was run with, and fails where it is told to.
set -eu
{
  echo "arguments: $*"
  echo "key file: ${MAILBASTION_KEY_FILE:-none}"
  if [ -t 0 ]; then echo "a terminal"; else echo "no terminal"; fi
  if [ -f topology.json ]; then echo "in the stack's folder"; fi
} >>"$ROLLOUT_LOG"
echo "rolling out"
exit "${ROLLOUT_EXIT:-0}"
