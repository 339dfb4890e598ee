// Rows of what the broker does when it is asked for too much.

#include "config/table/tables.h"

namespace tenon::config {
namespace {

constexpr Descriptor overload[] = {
    {.path = "overload.memory_high_bytes",
     .type = Type::bytes,
     .default_json = "0",
     .default_note = "seven tenths of what the process may have: the machine's memory, or the limit of its "
                     "control group",
     .min = 0,
     .max = 1125899906842624,
     .doc =
         "Memory of the process, files that it has mapped not counted, above which it is short: each client "
         "may then publish one message a second, and listeners take ten new connections a second. What "
         "waits, waits in the clients' own queues. Over when the process is below nine tenths of it. "
         "0 takes the default; 1125899906842624 is no mark."},
    {.path = "overload.flapping_connects_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1000000,
     .doc =
         "How often a client may connect within `overload.flapping_window_s`; with the next CONNECT it is "
         "kept out (Banned, 0x8A). A client is its id together with its IP address, so that nobody can have "
         "another one kept out. 0 keeps out nobody. Each node counts by itself."},
    {.path = "overload.flapping_window_s",
     .type = Type::duration,
     .default_json = "60",
     .min = 1,
     .max = 86400,
     .doc = "In what time connects are counted."},
    {.path = "overload.flapping_ban_s",
     .type = Type::duration,
     .default_json = "300",
     .min = 1,
     .max = 86400,
     .doc = "How long such a client is kept out."},
};

}  // namespace

std::span<const Descriptor> overload_rows() {
  return overload;
}

}  // namespace tenon::config
