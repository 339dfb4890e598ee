// Rows of how clients and operators come in: listeners, authentication, the API.

#include "config/table/tables.h"

namespace tenon::config {
namespace {

constexpr std::int64_t uint32_max = 4294967295;
constexpr std::string_view anonymous[] = {"never", "loopback", "always"};
constexpr std::string_view strategies[] = {"round_robin", "random",     "sticky",
                                           "hash_client", "hash_topic", "local_first"};
constexpr std::string_view client_id_owner[] = {"strict", "off"};
constexpr std::string_view on_error[] = {"deny", "next"};
constexpr std::string_view roles[] = {"viewer", "operator", "admin"};

constexpr Descriptor listeners[] = {
    {.path = "listeners.*",
     .type = Type::map,
     .reload = Reload::live,
     .doc =
         "A place where clients connect. The shipped one is `listeners.default`; a drop-in changes one key "
         "of it, or adds a listener of its own."},
    {.path = "listeners.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .reload = Reload::live,
     .doc = "Whether it is opened."},
    {.path = "listeners.*.bind",
     .default_json = "\"127.0.0.1\"",
     .rule = Rule::bind,
     .reload = Reload::live,
     .doc = "IPv4 or IPv6 address, host name, or `unix:` and the absolute path of a socket. `0.0.0.0` takes "
            "all IPv4 addresses, `::` all addresses."},
    {.path = "listeners.*.port",
     .type = Type::integer,
     .default_json = "1883",
     .min = 0,
     .max = 65535,
     .reload = Reload::live,
     .doc = "TCP port. 0 lets the system choose, for tests. Not used with `unix:`."},
    {.path = "listeners.*.stack",
     .type = Type::string_list,
     .default_json = "[\"tcp\"]",
     .rule = Rule::non_empty,
     .reload = Reload::live,
     .doc =
         "Plugins that a link passes through, from the network upwards: a transport, then filters, in this "
         "order as far as they are wanted: `proxy-protocol`, `tls`, `websocket`. Each has an entry in "
         "`plugins`, with its options; two listeners with different options name two entries, of which "
         "one says `file`."},
    {.path = "listeners.*.auth",
     .type = Type::string_list,
     .default_note = "all enabled entries of `auth.chain`, by their order",
     .reload = Reload::live,
     .doc = "The entries of `auth.chain` that decide on this listener, in the order in which they are asked. "
            "`[]` asks none, which leaves the decision to `auth.anonymous`."},
    {.path = "listeners.*.tenant",
     .default_json = "\"default\"",
     .rule = Rule::tenant,
     .reload = Reload::live,
     .doc = "Tenant of the clients that connect here; the auth plugins are told, and may name another. "
            "A tenant's topics, client ids and retained messages are its own; one level of a topic, not "
            "beginning with `$`."},
    {.path = "listeners.*.advertise",
     .default_json = "\"\"",
     .default_note = "empty: clients are not told where else to go",
     .rule = Rule::endpoint,
     .reload = Reload::live,
     .doc = "`host` or `host:port` under which clients reach this listener. Clients of the listener of the "
            "same name at another node are sent here while that one is drained (`tenonctl node drain`), or "
            "where traffic directives say so (`tenonctl traffic set`)."},
    {.path = "listeners.*.trusted_proxies",
     .type = Type::string_list,
     .default_json = "[\"127.0.0.0/8\", \"::1\", \"unix\"]",
     .rule = Rule::network,
     .reload = Reload::live,
     .doc =
         "Who may say by a PROXY header which peer a link is of, on a listener with `proxy-protocol`: "
         "addresses, networks as `10.0.0.0/8`, and `unix` for unix sockets. Whoever else connects there is "
         "closed at once."},
    {.path = "listeners.*.shared_strategy",
     .type = Type::enumeration,
     .default_note = "that of `mqtt.shared_strategy`",
     .choices = strategies,
     .reload = Reload::live,
     .doc = "How messages that come in here are spread over the members of shared subscriptions."},
    {.path = "listeners.*.connections_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 16777216,
     .reload = Reload::live,
     .doc =
         "Connections that may be open at a time; further ones are closed at once. One counts as soon as its "
         "handshakes (TLS, WebSocket) are over. 0: no limit."},
    {.path = "listeners.*.connections_per_address_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 16777216,
     .reload = Reload::live,
     .doc =
         "The same for one IPv4 address, or one /64 of IPv6; with `proxy-protocol`, as the proxy names it. "
         "Connections over unix sockets are not counted. 0: no limit."},
    {.path = "listeners.*.connection_rate_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1000000,
     .reload = Reload::live,
     .doc = "How many new connections have their turn in a second, as many at once included. Others wait, "
            "before "
            "their handshakes begin; one that would have to wait for longer than half of "
            "`mqtt.connect_timeout_s` is closed at once. 0: no limit."},
    {.path = "listeners.*.client_message_rate_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = uint32_max,
     .reload = Reload::live,
     .doc =
         "Messages that one client may publish in a second, as many at once included. Whoever sends more is "
         "read more slowly; nothing is dropped. 0: no limit."},
    {.path = "listeners.*.client_byte_rate_max",
     .type = Type::integer,
     .default_json = "0",
     .min = 0,
     .max = 1099511627776,
     .reload = Reload::live,
     .doc = "The same for bytes, of all packets of one client. 0: no limit."},
};

constexpr Descriptor auth[] = {
    {.path = "auth.anonymous",
     .type = Type::enumeration,
     .default_json = "\"loopback\"",
     .choices = anonymous,
     .reload = Reload::live,
     .doc = "Which clients without a user name get in when no entry of the chain knows them: none (`never`), "
            "those that come from a loopback address or a unix socket (`loopback`), or all (`always`). A "
            "client with a user name always needs an entry that allows it."},
    {.path = "auth.client_id_owner",
     .type = Type::enumeration,
     .default_json = "\"strict\"",
     .choices = client_id_owner,
     .reload = Reload::live,
     .doc = "Whose a client id is. `strict`: that of the user who is connected with it or has a session "
            "under it; "
            "whoever has logged in as another user, or as none, is refused (0x85) and the owner notices "
            "nothing. "
            "A client id without a user, of an anonymous client, is anybody's. `off`: whoever is let in "
            "takes the "
            "session over."},
    {.path = "auth.timeout_ms",
     .type = Type::duration,
     .default_json = "5000",
     .min = 10,
     .max = 600000,
     .reload = Reload::live,
     .doc =
         "How long a login may take in all, whichever entries of the chain are asked: who is not let in by "
         "then is refused. An entry with `on_error: next` has an equal share of the time that is left, with "
         "those that come after it, and has failed when that has passed; any other has all that is left."},
    {.path = "auth.chain.*",
     .type = Type::map,
     .reload = Reload::live,
     .doc =
         "An auth plugin that is asked at CONNECT; the name is that of the plugin. One that allows or denies "
         "ends the chain, one that does not know the client passes it on."},
    {.path = "auth.chain.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .reload = Reload::live,
     .doc = "Whether it is asked."},
    {.path = "auth.chain.*.order",
     .type = Type::integer,
     .default_json = "50",
     .min = 0,
     .max = 1000,
     .reload = Reload::live,
     .doc = "Lower is asked earlier; entries of the same order go by name."},
    {.path = "auth.chain.*.on_error",
     .type = Type::enumeration,
     .default_json = "\"deny\"",
     .choices = on_error,
     .reload = Reload::live,
     .doc =
         "What an error or a late answer means: `deny`, or `next` to ask the next entry as if this one had "
         "not known the client. Then only another entry can let the client in: at the end of the chain it is "
         "refused, also without a user name where `auth.anonymous` lets such clients in, and with a name "
         "that its certificate has proved."},
    {.path = "auth.chain.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Laid over `plugins.<name>.options`, key by key."},
};

constexpr Descriptor events[] = {
    {.path = "events.*",
     .type = Type::map,
     .reload = Reload::restart,
     .doc =
         "An events plugin that is told what clients do; the name is that of the plugin. Clients never wait "
         "for it."},
    {.path = "events.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .reload = Reload::restart,
     .doc = "Whether it is told anything."},
    {.path = "events.*.queue_bytes_max",
     .type = Type::bytes,
     .default_json = "8388608",
     .min = 65536,
     .max = 1073741824,
     .reload = Reload::restart,
     .doc = "What may wait for it; what comes beyond that is left out and counted "
            "(`tenon_events_dropped_total`)."},
    {.path = "events.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Laid over `plugins.<name>.options`, key by key."},
};

constexpr std::string_view on_intercept_error[] = {"refuse", "allow"};

constexpr Descriptor intercept[] = {
    {.path = "intercept.*",
     .type = Type::map,
     .reload = Reload::restart,
     .doc =
         "An intercept plugin that decides on messages to the topics that it names, before they go anywhere; "
         "the name is that of the plugin."},
    {.path = "intercept.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .reload = Reload::restart,
     .doc = "Whether it is asked."},
    {.path = "intercept.*.order",
     .type = Type::integer,
     .default_json = "50",
     .min = 0,
     .max = 1000,
     .reload = Reload::restart,
     .doc = "Lower is asked earlier; entries of the same order go by name. Each sees a message as the one "
            "before left it; the first that refuses or drops it ends that."},
    {.path = "intercept.*.timeout_ms",
     .type = Type::duration,
     .default_json = "1000",
     .min = 10,
     .max = 60000,
     .reload = Reload::live,
     .doc =
         "How long it may take to decide on one message; then `intercept.*.on_error` does. What the client "
         "sends behind the message waits so long."},
    {.path = "intercept.*.on_error",
     .type = Type::enumeration,
     .default_json = "\"refuse\"",
     .choices = on_intercept_error,
     .reload = Reload::live,
     .doc = "What an error or a late answer means: `refuse` the message, or `allow`, as if it had not been "
            "asked."},
    {.path = "intercept.*.options",
     .type = Type::json,
     .default_json = "{}",
     .reload = Reload::live,
     .doc = "Laid over `plugins.<name>.options`, key by key."},
};

constexpr Descriptor api[] = {
    {.path = "api.bind",
     .default_json = "\"127.0.0.1\"",
     .rule = Rule::host,
     .doc = "Address of the HTTP API and of `/metrics` and `/healthz`; `::` takes all addresses."},
    {.path = "api.port",
     .type = Type::integer,
     .default_json = "9883",
     .min = 0,
     .max = 65535,
     .doc = "Its TCP port. 0 opens none. It has places for 256 connections, 64 of them for one IPv4 address "
            "or one /64 of IPv6; when those are taken, the one that has been idle for longest goes for a "
            "newcomer. The head of a first request has to come within ten seconds."},
    {.path = "api.stack",
     .type = Type::string_list,
     .default_json = "[\"tcp\"]",
     .rule = Rule::non_empty,
     .doc = "Plugins that a link of the port passes through, as `listeners.*.stack`: `[\"tcp\", \"tls\"]` "
            "makes it HTTPS. None that tells who the peer is, such as `proxy-protocol`."},
    {.path = "api.request_rate_max",
     .type = Type::integer,
     .default_json = "100",
     .min = 0,
     .max = 1'000'000,
     .doc = "How many requests a second one address may make over the port, twice as many in one go; what is "
            "above is answered with 429. A wrong token counts for ten. 0: no limit."},
    {.path = "api.unix",
     .default_json = "\"api.sock\"",
     .doc = "Unix socket of the API, which `tenonctl` uses; a relative path lies in `node.data_dir`. Empty "
            "opens none."},
    {.path = "api.console",
     .default_json = "\"" TENON_CONSOLE_DIR "\"",
     .default_note = "the console's directory of the build",
     .doc = "Directory of the console, the pages that are served at `/console` of the API. Empty serves "
            "none, and "
            "so does a directory that is not there: the console's package is not installed."},
    {.path = "api.tokens.*",
     .type = Type::map,
     .reload = Reload::live,
     .doc = "A bearer token of the API besides the administrator's, with a name for the log of changes."},
    {.path = "api.tokens.*.enable",
     .type = Type::boolean,
     .default_json = "true",
     .reload = Reload::live,
     .doc = "Whether it lets anybody in."},
    {.path = "api.tokens.*.role",
     .type = Type::enumeration,
     .default_json = "\"viewer\"",
     .choices = roles,
     .reload = Reload::live,
     .doc =
         "What it allows: to look (`viewer`), to act on clients, messages and ranges as well (`operator`), "
         "or everything (`admin`)."},
    {.path = "api.tokens.*.file",
     .rule = Rule::non_empty,
     .reload = Reload::live,
     .required = Required::yes,
     .doc = "The file that holds the token and nothing else, 64 to 256 letters and digits, as `openssl rand "
            "-hex 32` makes them. A relative path lies in `node.data_dir`. Only the broker's user should be "
            "able to read it."},
};

}  // namespace

std::span<const Descriptor> listeners_rows() {
  return listeners;
}
std::span<const Descriptor> auth_rows() {
  return auth;
}
std::span<const Descriptor> events_rows() {
  return events;
}
std::span<const Descriptor> intercept_rows() {
  return intercept;
}
std::span<const Descriptor> api_rows() {
  return api;
}

}  // namespace tenon::config
