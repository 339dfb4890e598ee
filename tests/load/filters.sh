#!/bin/bash
# What a delivery costs among a million filters, tenon beside mosquitto. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/filters.py" "$@"
