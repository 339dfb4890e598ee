#!/bin/bash
# Sessions that outlive their connections: messages to those that are away, their collection, and messages to those
# that are there; tenon with its shipped engines, with its states in RocksDB and with its journal in a storage engine, beside
# mosquitto with persistence. See README.md, or --help.
here=$(dirname "$(readlink -f "$0")")
exec "$here/compare.sh" offline-drain persistent-drain persistent-drain-q2 persistent-p2p-q1 persistent-p2p-q1-w1 \
  --brokers tenon,tenon-rocksdb,tenon-log-sqlite,tenon-log-rocksdb,mosquitto "$@"
