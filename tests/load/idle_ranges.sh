#!/bin/bash
# CPU and memory of a node with many ranges that nobody uses. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/idle_ranges.py" "$@"
