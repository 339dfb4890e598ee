#!/bin/bash
# What happens when the clients of a whole node come at once. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/reconnect.py" "$@"
