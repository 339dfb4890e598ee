#!/bin/bash
# Where the instructions of one message go, and its allocations. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/instructions.py" "$@"
