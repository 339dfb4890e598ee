#!/bin/bash
# Writes figures of compare.sh --json and size.sh --json into a page. See README.md.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/compare/report.py" "$@"
