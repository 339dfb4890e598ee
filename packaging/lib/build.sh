# Configuring and compiling. A build folder that is configured already keeps its settings.

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

# What a broker consists of: programs and plugins.
compile_broker() {
  local targets
  targets=$(ninja -C "$build_folder" -t targets all | sed -nE 's/^((core\/bin\/.*tenond|core\/bin\/.*tenonctl|plugins\/.*\.so)):.*/\1/p')
  # shellcheck disable=SC2086
  compile $targets
}
