#!/bin/bash
# Runs another program, and records what it says at its end as a figure. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/compare/told.py" "$@"
