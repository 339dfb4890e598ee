# Configuring and compiling. A build folder that is configured already keeps its settings.

# tenond loads a plugin only where nobody else may write.
umask go-w

# require_trusted_tree: ends where tenond, run by this user, would refuse plugins that are built in this tree.
require_trusted_tree() {
  local folder owner mode
  folder=$(cd "$root" && pwd -P)
  while true; do
    read -r owner mode < <(stat -c '%u %a' "$folder")
    [ "$owner" = 0 ] || [ "$owner" = "$(id -u)" ] ||
      fail "$folder belongs to user $owner, so that tenond loads no plugins from it for $(id -un): run this as that user (sudo is" \
        "asked for where packages are missing), or in a tree of your own"
    [ $((8#$mode & 022)) -eq 0 ] || [ $((8#$mode & 01000)) -ne 0 ] ||
      fail "others may write to $folder, so that tenond loads no plugins from it: chmod go-w $folder"
    [ "$folder" != / ] || return 0
    folder=$(dirname "$folder")
  done
}

# configure FOLDER [SETTING...]: settings are arguments of meson setup.
configure() {
  local folder=$1 log
  shift
  if [ -f "$folder/build.ninja" ]; then return; fi
  log=$(mktemp)
  if ! meson setup "$folder" "$root" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "meson setup $folder failed"
  fi
  rm -f "$log"
}

# Sanitizers want frames and lines for their reports, and neither types nor speed: half the time of compiling.
sanitizer_settings=(--buildtype=plain -Doptimization=1 -Dcpp_args=-g1 -Dc_args=-g1 -Db_lundef=false -Dload=false)

# configure_kind KIND [SETTING...]: sets build_folder for release, address or thread, and configures it.
configure_kind() {
  local kind=$1
  shift
  case $kind in
    release) build_folder=$root/build && configure "$build_folder" --buildtype=release -Doptimization=2 "$@" ;;
    address)
      build_folder=$root/build-asan
      configure "$build_folder" -Db_sanitize=address,undefined "${sanitizer_settings[@]}" "$@"
      ;;
    thread)
      build_folder=$root/build-tsan
      configure "$build_folder" -Db_sanitize=thread "${sanitizer_settings[@]}" "$@"
      ;;
    *) fail "unknown kind of build: $kind" ;;
  esac
}

# switch_tests_on: run.sh configures without tests, since they need further packages.
switch_tests_on() {
  if meson introspect "$build_folder" --buildoptions | python3 -c '
import json, sys
sys.exit(0 if {o["name"]: o["value"] for o in json.load(sys.stdin)}["tests"] else 1)'; then return; fi
  meson configure "$build_folder" -Dtests=true -Dload=true
}

# compile [TARGET...]
compile() { ninja -C "$build_folder" --quiet "$@"; }

# require_tests NAME...: ends where one of them is no test of this build; meson would leave it out without a word.
require_tests() {
  local listed name
  listed=$(meson test -C "$build_folder" --list | sed 's,^.* / ,,')
  for name in "$@"; do
    grep -Fxq -e "${name#*:}" <<<"$listed" || { printf 'error: no test is called %s (meson test --list)\n' "$name" >&2 && exit 64; }
  done
}

# What a broker consists of: programs and plugins.
compile_broker() {
  local targets
  targets=$(ninja -C "$build_folder" -t targets all | sed -nE 's/^((core\/bin\/.*tenond|core\/bin\/.*tenonctl|plugins\/.*\.so)):.*/\1/p')
  # shellcheck disable=SC2086
  compile $targets
}
