#!/bin/bash
# Builds the Debian packages of this tree. May be run again at any time; what ccache holds is not compiled again.
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$root/packaging/lib/packages.sh"
. "$root/packaging/lib/source_tree.sh"

usage() {
  cat <<END_OF_USAGE
usage: packaging/build-deb.sh [--output DIR] [--revision REVISION] [--jobs N] [--keep DIR]
  --output    where the packages go (build-deb)
  --revision  appended to the version of the tree, for builds after the first: 0.1.0+REVISION
  --jobs      compile so many sources at once (as many as there are processors)
  --keep      build in this folder and leave it, anew each time; a temporary one otherwise
END_OF_USAGE
}

output=$root/build-deb revision= jobs=$(nproc) keep=
while [ $# -gt 0 ]; do
  case $1 in
    --output | --revision | --jobs | --keep) [ $# -ge 2 ] || { usage >&2 && exit 64; } ;;&
    --output) output=$2 && shift ;;
    --revision) revision=$2 && shift ;;
    --jobs) jobs=$2 && shift ;;
    --keep) keep=$2 && shift ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
  esac
  shift
done

# write_debian FOLDER: debian/ of the source tree there, for this version.
write_debian() {
  local debian=$1/debian
  cp -r "$root/packaging/deb" "$debian"
  sed -i "s/#VERSION#/$version/g" "$debian/tenon.preinst"
  sed -i "s/@multiarch@/$(dpkg-architecture -q DEB_HOST_MULTIARCH)/g" "$debian/tenon.triggers"
  cat >"$debian/changelog" <<END_OF_ENTRY
tenon ($version) unstable; urgency=medium

  * Built from the source tree of this version.

 -- tenon maintainers <maintainers@tenon.invalid>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END_OF_ENTRY
}

build_packages() {
  local tree=$1
  (cd "$tree" && DEB_BUILD_OPTIONS="parallel=$jobs ${DEB_BUILD_OPTIONS:-}" dpkg-buildpackage -b -us -uc) \
    >"$output/build.log" 2>&1 || { tail -n 40 "$output/build.log" >&2 && fail "the build failed; see $output/build.log"; }
}

install_packages "${build_packages[@]}" "${deb_packages[@]}"
version=$(tree_version)${revision:+"+$revision"}
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
copy_afresh "$scratch/tenon-$version"
write_debian "$scratch/tenon-$version"
timed "building tenon $version" build_packages "$scratch/tenon-$version"
find "$scratch" -maxdepth 1 -type f \( -name '*.deb' -o -name '*.buildinfo' -o -name '*.changes' \) -exec mv -t "$output" {} +
(cd "$output" && sha256sum -- *_"${version}"_*.deb)
