#!/bin/bash
# Builds tenond on a fresh Debian 12 and runs it on port 1883 of this machine. May be run again at any time.
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/packaging/lib/packages.sh"
. "$root/packaging/lib/build.sh"

usage() {
  cat <<END
usage: packaging/run.sh [--setup-only] [-- ARGUMENT...]
  --setup-only   install packages and build, but do not run
  -- ARGUMENT... for tenond, such as: -- --set listeners.default.port=1884
Data and configuration lie in build/run; add files to build/run/conf.d to change what is shipped in conf.d.
END
}

setup_only=no
while [ $# -gt 0 ]; do
  case $1 in
    --setup-only) setup_only=yes ;;
    --help | -h) usage && exit 0 ;;
    --) shift && break ;;
    *) usage >&2 && exit 64 ;;
  esac
  shift
done

# Where tenond finds what was just built, and keeps its data.
write_run_config() {
  mkdir -p "$root/build/run/conf.d"
  python3 - "$root" >"$root/build/run/conf.d/00-run.json" <<'END'
import json, pathlib, sys
build = pathlib.Path(sys.argv[1]) / "build"
print("// Written by packaging/run.sh at each start.")
print(json.dumps({
    "node": {"data_dir": str(build / "run" / "data")},
    "api": {"console": str(pathlib.Path(sys.argv[1]) / "plugins" / "console")},
    "plugins": {"path": sorted({str(p.parent) for p in (build / "plugins").rglob("*.so")})},
}, indent=2))
END
}

require_trusted_tree
install_packages "${build_packages[@]}"
configure_kind release -Dtests=false -Dload=false -Dsim=false
timed "building" compile_broker
write_run_config
[ "$setup_only" = no ] || exit 0

say "tenond listens on 127.0.0.1:1883; without a user name clients may connect from this machine only; Ctrl-C ends it"
exec "$build_folder/core/bin/tenond" --vendor-dir "$root/conf.d" --conf-dir "$root/build/run/conf.d" "$@"
