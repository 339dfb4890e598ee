#!/bin/bash
# Builds and tests tenond on a fresh Debian 12. Ends with the line "N passed, N failed, N skipped". May be run again at
# any time.
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/packaging/lib/packages.sh"
. "$root/packaging/lib/build.sh"

usage() {
  cat <<END
usage: packaging/test.sh [--suite gate|long|packages|interop] [--sanitize address|thread] [--only NAME,...]
  --suite      gate (the default) is everything but long and packages; interop installs a browser, too
  --sanitize   builds with ASan and UBSan, or with TSan, in a folder of their own
  --only       only these tests (see meson test --list) of any suite; only what they need is built
END
}

suite=gate kind=release only= tests_status=0
while [ $# -gt 0 ]; do
  case $1 in
    --suite | --sanitize | --only) [ $# -ge 2 ] || { usage >&2 && exit 64; } ;;&
    --suite) suite=$2 && shift ;;
    --sanitize) kind=$2 && shift ;;
    --only) only=$2 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
  shift
done
case $suite in gate | long | packages | interop) ;; *) usage >&2 && exit 64 ;; esac
case $kind in release | address | thread) ;; *) usage >&2 && exit 64 ;; esac

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1:suppressions=$root/tests/support/tsan_suppressions.txt}

# TSan of GCC 12 does not start with the address layout of newer kernels.
without_random_addresses() {
  if [ "$kind" = thread ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

run_tests() {
  local chosen=(--no-rebuild)
  case $suite in
    gate) chosen+=(--no-suite long --no-suite packages) ;;
    *) chosen+=(--suite "$suite") ;;
  esac
  if [ -n "$only" ]; then
    chosen=("${only_names[@]}")
  fi
  # Tests of clusters wait more than they compute, but for what a sanitizer adds.
  if [ "$kind" = release ]; then
    chosen+=(--num-processes $(($(nproc) * 2)))
  else
    chosen+=(--num-processes $(($(nproc) * 3 / 2)) --timeout-multiplier 6)
  fi
  # Reports of an earlier run would be taken for those of a program that does not start.
  rm -f "$build_folder"/*.xml "$build_folder"/meson-logs/testlog.json
  without_random_addresses meson test -C "$build_folder" --print-errorlogs "${chosen[@]}" || tests_status=$?
}

require_trusted_tree
timed "installing" install_packages "${build_packages[@]}" "${test_packages[@]}"
if [ "$suite" = packages ]; then
  timed "installing" install_packages "${deb_packages[@]}" "${rpm_packages[@]}" "${package_test_packages[@]}"
fi
if [ "$suite" = interop ]; then timed "installing" install_packages "${browser_packages[@]}"; fi
configure_kind "$kind"
switch_tests_on
IFS=, read -ra only_names <<<"$only"
[ -z "$only" ] || require_tests "${only_names[@]}"
# Packages are built by their tests.
if [ -z "$only" ] && [ "$suite" != packages ]; then timed "building" compile; fi
timed "testing" run_tests
python3 "$root/packaging/lib/totals.py" "$build_folder" "$tests_status"
