#!/bin/sh
# What each change of the plugin goes through: it is built, proved, and (ci.sh deb, ci.sh rpm) made a package, which lies in
# dist/ then. Needs tenon-sdk and a compiler; rpm needs rpmbuild.
set -eu
cd "$(dirname "$0")"
rm -rf build dist && mkdir dist

meson setup build
ninja -C build
# With a service that answers, so that the right password can be told from wrong ones.
python3 test/with_service.py tenon-plugin-check build/auth-callout.so --junit dist/check.xml \
  --options '{"url": "@URL@"}' --login '{"username": "ann", "password": "open sesame"}'

make_deb() {
  dpkg-buildpackage -b -us -uc
  mv ../tenon-auth-callout*_1.0_*.deb dist
}

make_rpm() {
  top=$PWD/dist/rpmbuild
  mkdir -p "$top/SOURCES"
  tar -cf "$top/SOURCES/tenon-auth-callout-1.0.tar" --exclude=./build --exclude=./dist --transform='s,^\.,tenon-auth-callout-1.0,' .
  rpmbuild -bb --define "_topdir $top" --define 'debug_package %{nil}' rpm/tenon-auth-callout.spec
  mv "$top"/RPMS/*/*.rpm dist
}

case ${1:-} in
  deb) make_deb ;;
  rpm) make_rpm ;;
esac
