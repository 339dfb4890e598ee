# The tree as packages are built from it: a copy, its version and its time.

# tree_version: that of meson.build, the only place where it stands.
tree_version() { sed -n "s/^  version: '\([^']*\)',$/\1/p" "$root/meson.build"; }

# tree_epoch: the time that packages carry; that of the last commit, or of meson.build where there is no history.
tree_epoch() {
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    echo "$SOURCE_DATE_EPOCH"
  else
    git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/meson.build"
  fi
}

tree_files() {
  if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
    git -C "$root" ls-files -z -co --exclude-standard
  else
    (cd "$root" && find . -path './build*' -type d -prune -o -name '.?*' -prune -o '(' -type f -o -type l ')' -print0)
  fi
}

# copy_tree FOLDER: what a build needs, and what links lead to in their place.
copy_tree() {
  local folder=$1
  mkdir -p "$folder"
  tree_files | (cd "$root" && xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh) |
    tar -C "$root" --null --no-recursion --dereference -T - -cf - | tar -C "$folder" -xf -
}

# copy_afresh FOLDER: the same, without what an earlier copy has left there.
copy_afresh() {
  case $(cd "$root" && pwd -P)/ in
    "$(realpath -m "$1")"/*) fail "the tree itself lies in $1: --keep another folder" ;;
  esac
  rm -rf "$1"
  copy_tree "$1"
}

# Builds of packages have a home of their own; the cache stays where it is. It keeps apart what was compiled under another
# LANG, and rpmbuild chooses this one.
keep_compiler_cache() {
  export LANG=C
  if command -v ccache >/dev/null && [ -z "${CCACHE_DIR:-}" ]; then
    CCACHE_DIR=$(ccache --get-config cache_dir)
    CCACHE_CONFIGPATH=$(ccache --show-config | sed -n 's/^(\(.*\.conf\)) .*/\1/p' | head -n 1)
    export CCACHE_DIR
    # A base directory rewrites paths of the system's headers relative to the build, whose depth would then be in the symbols.
    export CCACHE_BASEDIR='' CCACHE_NOHASHDIR=1
    [ -z "$CCACHE_CONFIGPATH" ] || export CCACHE_CONFIGPATH
  fi
}
