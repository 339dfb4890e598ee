#pragma once

namespace tenon::transport_tcp {

// JSON Schema of the options: the host checks them against it before the plugin sees them.
inline constexpr const char* options_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "backlog": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 4096,
      "description": "Connections that may wait to be accepted; the system may lower it."},
    "nodelay": {"type": "boolean", "default": true,
      "description": "Send small packets at once (TCP_NODELAY)."},
    "reuse_port": {"type": "boolean", "default": true,
      "description": "One listening socket per worker, between which the system spreads connections."},
    "unix_mode": {"type": "string", "minLength": 3, "maxLength": 4, "default": "0660",
      "description": "File mode of unix sockets: three octal digits, with a 0 before them or without."},
    "send_buffer_bytes": {"type": "integer", "minimum": 0, "maximum": 1073741824, "default": 0,
      "description": "SO_SNDBUF; 0 leaves it to the system, which then adapts it."},
    "receive_buffer_bytes": {"type": "integer", "minimum": 0, "maximum": 1073741824, "default": 0,
      "description": "SO_RCVBUF; 0 leaves it to the system, which then adapts it."}
  }
})";

}  // namespace tenon::transport_tcp
