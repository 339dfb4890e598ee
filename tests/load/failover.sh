#!/bin/bash
# How long a cluster cannot be written to when the leader of a range dies. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/durable/failover.py" "$@"
