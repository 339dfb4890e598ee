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
         "waits, waits in the clients' own queues. It is meant as 70 % of what the process may have, and "
         "further steps follow from it: at 85 % nobody is let in (Server busy, 0x89; 3.x: 3), at 95 % QoS 0 "
         "to clients is dropped and idle clients are sent away. Each step is over when the process is below "
         "nine tenths of its mark. 0 takes the default; 1125899906842624 is no mark."},
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

constexpr Descriptor tenants[] = {
    {.path = "tenants.*",
     .type = Type::map,
     .reload = Reload::live,
     .doc = "What the clients of one tenant may use together; the name is the tenant's, as "
            "`listeners.*.tenant` or "
            "an auth plugin names it. A tenant without an entry has no limits. Each node counts by itself, "
            "but for "
            "stored subscriptions and retained messages, of which every node has all."},
    {.path = "tenants.*.connections_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 16777216,
     .reload = Reload::live,
     .doc = "Clients that may be logged in at a time; further ones get 0x97 (3.x: 3). 0: no limit, here and "
            "below."},
    {.path = "tenants.*.message_rate_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 4294967295,
     .reload = Reload::live,
     .doc =
         "Messages that all its clients together may publish in a second, as many at once included. Whoever "
         "publishes while that is used up is read later; nothing is dropped."},
    {.path = "tenants.*.byte_rate_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1099511627776,
     .reload = Reload::live,
     .doc = "The same for bytes, of all packets of its clients."},
    {.path = "tenants.*.subscriptions_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1000000000000,
     .reload = Reload::live,
     .doc = "Subscriptions of all its sessions. Further ones get 0x97 in SUBACK (3.x: 0x80)."},
    {.path = "tenants.*.retained_count_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1000000000000,
     .reload = Reload::live,
     .doc = "Retained messages. A further one is delivered to subscribers but not kept: PUBACK 0x97."},
    {.path = "tenants.*.retained_bytes_max",
     .type = Type::bytes,
     .default_json = "0",
     .min = 0,
     .max = 1099511627776,
     .reload = Reload::live,
     .doc = "The same by their size in memory."},
    {.path = "tenants.*.queue_bytes_max",
     .type = Type::bytes,
     .default_json = "0",
     .min = 0,
     .max = 1099511627776,
     .reload = Reload::live,
     .doc =
         "Messages of QoS 1 and 2 that may wait in memory for all its clients without a stored session; then "
         "the newest are refused, as `mqtt.session_queue_bytes_max` says. Inboxes of stored sessions have "
         "the "
         "limits of each session alone."},
};

}  // namespace

std::span<const Descriptor> tenants_rows() {
  return tenants;
}

std::span<const Descriptor> overload_rows() {
  return overload;
}

}  // namespace tenon::config
