#!/bin/bash
# Builds the RPM packages of this tree with rpmbuild, on Debian as well. What ccache holds is not compiled again.
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/packaging/lib/packages.sh"
. "$root/packaging/lib/source_tree.sh"

usage() {
  cat <<END_OF_USAGE
usage: packaging/build-rpm.sh [--output DIR] [--release N] [--jobs N] [--keep DIR]
  --output    where the packages go (build-rpm)
  --release   of this version (1)
  --jobs      compile so many sources at once (as many as there are processors)
  --keep      build in this folder and leave it, anew each time; a temporary one otherwise
Packages are for distributions with glibc 2.36 or later and /usr/lib64.
END_OF_USAGE
}

output=$root/build-rpm release=1 jobs=$(nproc) keep=
while [ $# -gt 0 ]; do
  case $1 in
    --output | --release | --jobs | --keep) [ $# -ge 2 ] || { usage >&2 && exit 64; } ;;&
    --output) output=$2 && shift ;;
    --release) release=$2 && shift ;;
    --jobs) jobs=$2 && shift ;;
    --keep) keep=$2 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
  shift
done

# Flags of the distribution where RPM brings them; Debian's have none of hardening, so that its own packages' are taken.
hardening_defines() {
  [ "$(rpm --eval '%{_vendor}')" = debian ] || return 0
  local maintainer=(DEB_BUILD_MAINT_OPTIONS=hardening=+all DEB_CPPFLAGS_MAINT_STRIP=-D_FORTIFY_SOURCE=2
    DEB_CPPFLAGS_MAINT_APPEND=-D_FORTIFY_SOURCE=3 DEB_CXXFLAGS_MAINT_APPEND="-fstack-clash-protection $(control_flow)")
  local tree=$1 compile link place
  compile=$(cd "$tree" && env "${maintainer[@]}" dpkg-buildflags --get CXXFLAGS) || return
  compile+=" $(cd "$tree" && env "${maintainer[@]}" dpkg-buildflags --get CPPFLAGS)" || return
  link=$(env "${maintainer[@]}" dpkg-buildflags --get LDFLAGS) || return
  # A package names its optflags: they must not tell where it was built.
  place=$(sed -n 's/.*\(-ffile-prefix-map=[^ ]*\).*/\1/p' <<<"$compile")
  compile=$(sed 's/-ffile-prefix-map=[^ ]* *//' <<<"$compile")
  printf '%s\n' --define "optflags $compile" --define "place_flags $place" --define "build_ldflags $link" \
    --define 'debug_package %{nil}' --define 'strip_option --strip' --define '_docdir /usr/share/doc' --define '_licensedir /usr/share/licenses' \
    --nodeps
}

control_flow() { if [ "$(uname -m)" = x86_64 ]; then echo -fcf-protection; fi; }

build_packages() {
  local top=$1 text defines=()
  text=$(hardening_defines "$top/BUILD") || fail "there are no flags of hardening: dpkg-buildflags failed"
  [ -z "$text" ] || mapfile -t defines <<<"$text"
  rpmbuild -bb --define "_topdir $top" --define "tenon_version $version" --define "tenon_release $release" \
    --define "tenon_date $(date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" --define '_buildhost reproducible' \
    --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
    --define "_smp_mflags -j$jobs" "${defines[@]}" "$top/SPECS/tenon.spec" \
    >"$output/build.log" 2>&1 || { tail -n 40 "$output/build.log" >&2 && fail "the build failed; see $output/build.log"; }
}

install_packages "${build_packages[@]}" "${rpm_packages[@]}"
version=$(tree_version)
SOURCE_DATE_EPOCH=$(tree_epoch)
export SOURCE_DATE_EPOCH
keep_compiler_cache
mkdir -p "$output"
output=$(cd "$output" && pwd)
scratch=$keep
if [ -z "$keep" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
fi
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
mkdir -p "$scratch"/{BUILD,RPMS,SOURCES,SPECS}
copy_afresh "$scratch/tenon-$version"
cp "$root/packaging/rpm/tenon.spec" "$scratch/SPECS"
tar -C "$scratch" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
  -cf "$scratch/SOURCES/tenon-$version.tar" "tenon-$version"
timed "building tenon $version-$release" build_packages "$scratch"
find "$scratch/RPMS" -name '*.rpm' -exec mv -t "$output" {} +
(cd "$output" && sha256sum -- tenon-*.rpm)
