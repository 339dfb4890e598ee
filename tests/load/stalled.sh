#!/bin/bash
# What healthy subscribers notice of some that never read. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/stalled.py" "$@"
