# What Debian 12 has to provide. The only list of it.

build_packages=(
  g++ meson ninja-build pkg-config python3
  libboost1.81-dev nlohmann-json3-dev libspdlog-dev libsqlite3-dev libssl-dev libargon2-dev
)

# Tests of what is missing here are skipped and named at the end. librocksdb-dev is for the plugin storage/rocksdb, which
# is built where it is found.
test_packages=(
  librocksdb-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  abigail-tools binutils clang-format-14 cmake curl debhelper iproute2 liblmdb-dev nftables procps
  mosquitto mosquitto-clients python3-paho-mqtt nodejs node-mqtt
)

# For the tests with a browser, too large to be asked of everybody: the suite interop installs them, elsewhere these tests
# are skipped and named without. esbuild makes a script for a page of node-mqtt and what that needs.
browser_packages=(chromium esbuild node-buffer node-events node-process node-url)

# For packaging/build-deb.sh and build-rpm.sh.
deb_packages=(dpkg-dev debhelper bash-completion librocksdb-dev)
rpm_packages=(rpm dpkg-dev librocksdb-dev)

# For the suite packages: what proves packages, and a root to install them in.
package_test_packages=(lintian man-db mmdebstrap rpm rpmlint strace systemd systemd-container)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages NAME...: installs those that are missing.
install_packages() {
  local name missing=()
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "no apt-get here; install what corresponds to: ${missing[*]}"
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
  if [[ " ${missing[*]} " == *" mosquitto "* ]]; then free_port_of_mosquitto; fi
}

# Debian starts a broker with its package; the tests want its tools, and port 1883 belongs to whoever asks for it.
free_port_of_mosquitto() {
  [ -d /run/systemd/system ] || return 0
  as_root systemctl disable --now --quiet mosquitto.service
  say "the mosquitto service, which was installed just now, is stopped and disabled"
}
