#!/bin/bash
# Runs all that docs/performance.md needs, into a folder, and writes the page. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/compare/page.py" "$@"
