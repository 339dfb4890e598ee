#!/bin/bash
# What is written for one message to many sessions that are away. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/fan_out_away.py" "$@"
