#!/bin/bash
# What the broker costs while it does nothing: start, memory, binaries. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/size.py" "$@"
