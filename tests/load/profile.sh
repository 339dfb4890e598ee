#!/bin/bash
# Where the processor time of a broker goes under a load, the kernel's included. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/profile.py" "$@"
