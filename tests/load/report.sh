#!/bin/bash
# Writes figures of --json, judged by their goals, into a page. See README.md.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/compare/report.py" "$@"
