#!/bin/bash
# Three nodes of an older release are upgraded one by one under load, and judged.
#   tests/cluster/upgrade.sh --from <build directory, or directory that packages were unpacked into> [--messages N]
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
usage() { sed -n '2,3s/^# *//p' "$0"; exit "$1"; }
while [ $# -gt 0 ]; do
  case $1 in
    --from) export TENON_OLDER=${2:?}; shift 2 ;;
    --messages) export TENON_UPGRADE_MESSAGES=${2:?}; shift 2 ;;
    -h|--help) usage 0 ;;
    *) usage 2 >&2 ;;
  esac
done
[ -n "${TENON_OLDER:-}" ] || usage 2 >&2
exec /usr/bin/python3 "$here/upgrade_test.py" -v Upgrade
