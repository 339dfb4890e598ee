#!/bin/bash
# What single parts of the path and the engines cost: programs of tests/bench. See README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/counts/bench.py" "$@"
