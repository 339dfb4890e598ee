#!/bin/bash
# Memory for each idle connection, TCP and TLS. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/idle_links.py" "$@"
