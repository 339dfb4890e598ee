#!/bin/bash
# A restart over many sessions that are away: time and memory, tenon beside mosquitto. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/restart.py" "$@"
