# Sourced first by the scripts of packaging/ and .ci/: strict mode, the root of the tree, and how to speak.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '== %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root: run it as root, or install sudo: $*"
  fi
}

# timed WHAT COMMAND...: runs it and says how long it took.
timed() {
  local what=$1 begin=$SECONDS
  shift
  "$@"
  say "$what took $((SECONDS - begin)) s"
}
