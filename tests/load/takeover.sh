#!/bin/bash
# How long a client waits at another node for a session that is held by one. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/takeover.py" "$@"
