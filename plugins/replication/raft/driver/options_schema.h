#pragma once

namespace tenon::raft {

// The JSON Schema of the options: the host checks them against it before the plugin sees them.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "tick_ms": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 50,
      "description": "Length of a tick, in which all other times are counted."
    },
    "heartbeat_ms": {
      "type": "integer", "minimum": 1, "maximum": 60000, "default": 100,
      "description": "Time between two heartbeats of a leader. At least tick_ms."
    },
    "election_timeout_ms": {
      "type": "integer", "minimum": 4, "maximum": 600000, "default": 1000,
      "description": "A follower that hears nothing campaigns after this to twice this. At least 4 times heartbeat_ms, and ten or more times a round trip with its disk writes."
    },
    "quiesce_ms": {
      "type": "integer", "minimum": 0, "maximum": 3600000, "default": 5000,
      "description": "A group with nothing to do falls asleep after this and costs nothing until it is woken. 0: never."
    },
    "transfer_timeout_ms": {
      "type": "integer", "minimum": 1, "maximum": 600000, "default": 1000,
      "description": "A transfer of leadership that takes longer is given up."
    },
    "slow_disk_ms": {
      "type": "integer", "minimum": 0, "maximum": 600000, "default": 2000,
      "description": "A leader whose disk takes longer for what a majority has on its own gives the lead away, and none is given to such a node. 0: however slow it is, it leads."
    },
    "snapshot_timeout_ms": {
      "type": "integer", "minimum": 1, "maximum": 3600000, "default": 10000,
      "description": "A member that is sent a state is looked at again after this."
    },
    "change_stall_ms": {
      "type": "integer", "minimum": 1, "maximum": 86400000, "default": 60000,
      "description": "A change of members is given up when its new voters have made no progress for this long."
    },
    "change_absent_ms": {
      "type": "integer", "minimum": 1, "maximum": 86400000, "default": 5000,
      "description": "A change of members is given up when one of its new voters has had no link for this long."
    },
    "message_bytes_max": {
      "type": "integer", "minimum": 1024, "maximum": 67108864, "default": 262144,
      "description": "Entries in one message; a larger entry travels alone."
    },
    "inflight_count_max": {
      "type": "integer", "minimum": 1, "maximum": 65536, "default": 64,
      "description": "Messages with entries to one member that are not answered."
    },
    "inflight_bytes_max": {
      "type": "integer", "minimum": 1024, "maximum": 1073741824, "default": 4194304,
      "description": "Bytes of their entries."
    },
    "uncommitted_bytes_max": {
      "type": "integer", "minimum": 1024, "maximum": 1073741824, "default": 16777216,
      "description": "Proposals of a group that wait for a majority; further ones are refused until some are committed."
    },
    "apply_bytes_max": {
      "type": "integer", "minimum": 1024, "maximum": 1073741824, "default": 1048576,
      "description": "Entries of a group that are applied in one go."
    },
    "tail_bytes_max": {
      "type": "integer", "minimum": 0, "maximum": 1073741824, "default": 4194304,
      "description": "Entries of a group that are kept in memory although they are durable, as they wait to be applied."
    },
    "catch_up_entries_max": {
      "type": "integer", "minimum": 0, "maximum": 1000000000, "default": 1000,
      "description": "A new voter counts from when at most this many entries are missing on it."
    },
    "lease_reads": {
      "type": "boolean", "default": false,
      "description": "Answer reads at the leader without asking the others while a majority answered within the election time-out. Rests on clocks that run about equally fast."
    }
  }
})";

}  // namespace tenon::raft
