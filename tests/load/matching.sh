#!/bin/bash
# What a match costs among a million filters of which none matches. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/matching.py" "$@"
