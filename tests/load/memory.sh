#!/bin/bash
# Memory for each subscription, session that is away, retained message and range. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/memory.py" "$@"
