#!/bin/bash
# How quick messages are with TLS, permissions and stored sessions, at half of the peak. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/secure.py" "$@"
