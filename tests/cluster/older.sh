#!/bin/bash
# Builds an older tenon out of the history of this repository, for upgrade.sh --from DIR/build.
#   tests/cluster/older.sh --into DIR [--commit COMMIT]   makes DIR a worktree of COMMIT and builds broker and plugins there
#   tests/cluster/older.sh --show                         only prints the commit that is taken without --commit
# Without --commit it is the last one whose nodes speak the version of the peer protocol before this one. `git worktree remove --force DIR` takes it away.
. "$(dirname "$(readlink -f "$0")")/../../packaging/lib/common.sh"
. "$root/packaging/lib/build.sh"

usage() { sed -n '2,5s/^# *//p' "$0"; exit "$1"; }
tree=$root into='' commit='' show=no
while [ $# -gt 0 ]; do
  case $1 in
    --into) into=${2:?}; shift 2 ;;
    --commit) commit=${2:?}; shift 2 ;;
    --show) show=yes; shift ;;
    -h | --help) usage 0 ;;
    *) usage 64 >&2 ;;
  esac
done
[ -n "$into" ] || [ "$show" = yes ] || usage 64 >&2

in_history() { git -C "$tree" "$@"; }

# version_of COMMIT: the newest version of the peer protocol that its nodes speak; nothing where they have none.
version_of() { in_history grep -hE 'protocol_version_max = [0-9]+;' "$1" -- core/cluster | sed -E 's/.*= ([0-9]+);.*/\1/'; }

last_of_former_version() {
  local now change
  now=$(version_of HEAD)
  for change in $(in_history log --format=%H -G 'protocol_version_max = [0-9]+;' -- core/cluster); do
    if [ "$(version_of "$change^")" = $((now - 1)) ]; then
      in_history rev-parse --short=8 "$change^"
      return
    fi
  done
  fail "no commit of this history speaks version $((now - 1)) of the peer protocol (is it whole?)"
}

# Options that the older tree does not have yet are an error to meson.
settings_of() {
  local option
  for option in tests load sim; do
    if grep -q "option('$option'" "$1/meson_options.txt"; then echo "-D$option=false"; fi
  done
}

[ -n "$commit" ] || commit=$(last_of_former_version)
[ "$show" = no ] || { echo "$commit" && exit 0; }

into=$(realpath -m "$into")
if [ ! -e "$into" ]; then in_history worktree add --detach "$into" "$commit"; fi
root=$into
[ "$(git -C "$root" rev-parse HEAD)" = "$(in_history rev-parse "$commit^{commit}")" ] || fail "$into is there already, and is not $commit"
require_trusted_tree
mapfile -t settings < <(settings_of "$root")
configure_kind release "${settings[@]}"
timed "building $commit" compile_broker
say "tests/cluster/upgrade.sh --from $build_folder"
