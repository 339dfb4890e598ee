#!/bin/bash
# What becomes of a broker that is offered several times what it takes. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/overload.py" "$@"
