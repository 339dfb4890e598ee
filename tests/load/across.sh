#!/bin/bash
# What messages between nodes cost: one node against three. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/across.py" "$@"
