#!/bin/bash
# System calls for each message, and of an idle broker. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/calls.py" "$@"
