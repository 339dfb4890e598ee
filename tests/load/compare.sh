#!/bin/bash
# Measures tenon, mosquitto and the floor forwarder in turn and prints ratios: see README.md, or --help.
exec /usr/bin/python3 "$(dirname "$(readlink -f "$0")")/compare" "$@"
