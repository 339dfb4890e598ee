#!/bin/bash
# Random faults against a cluster of real nodes under mixed load. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/faults/campaign.py" "$@"
