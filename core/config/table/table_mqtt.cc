// Rows of the protocol: what one client may ask of the broker.

#include "config/table/tables.h"

namespace tenon::config {
namespace {

constexpr std::string_view overflows[] = {"refuse_newest", "drop_oldest"};
constexpr std::string_view strategies[] = {"round_robin", "random",     "sticky",
                                           "hash_client", "hash_topic", "local_first"};
constexpr std::string_view versions[] = {"3.1", "3.1.1", "5.0"};
constexpr std::int64_t uint32_max = 4294967295;

constexpr Descriptor links[] = {
    {.path = "mqtt.versions",
     .type = Type::string_list,
     .default_json = "[\"3.1\",\"3.1.1\",\"5.0\"]",
     .choices = versions,
     .rule = Rule::non_empty,
     .reload = Reload::live,
     .doc =
         "Protocol versions that are accepted. A CONNECT with another one is answered with the reason code "
         "for an unsupported version."},
    {.path = "mqtt.connect_timeout_s",
     .type = Type::duration,
     .default_json = "10",
     .min = 1,
     .max = 300,
     .reload = Reload::live,
     .doc = "A link whose CONNECT has not arrived in full by then is closed."},
    {.path = "mqtt.connect_bytes_max",
     .type = Type::bytes,
     .default_json = "65536",
     .min = 256,
     .max = 268435460,
     .reload = Reload::live,
     .doc =
         "Largest CONNECT packet, will message included. Smaller than other packets because nobody knows yet "
         "who sends it."},
    {.path = "mqtt.packet_bytes_max",
     .type = Type::bytes,
     .default_json = "1048576",
     .min = 256,
     .max = 268435460,
     .reload = Reload::live,
     .doc =
         "Largest packet that a client may send; a 5.0 client is told in CONNACK (Maximum Packet Size). The "
         "protocol allows 256 MiB; 1 MiB is what one unfinished packet of one client may hold in memory. "
         "Messages above 15 MiB are not stored: those for sessions that outlive connections, and retained "
         "ones, are refused (Quota exceeded; a 3.x client can't be told, and has them acknowledged). With "
         "QoS 2 from a session that outlives its connection it is those above 14.5 MiB."},
    {.path = "mqtt.keepalive_s_max",
     .type = Type::duration,
     .default_json = "65535",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Longest keep alive. A 5.0 client that asks for more, or for none, is told this one (Server Keep "
            "Alive); a 3.x client is held to it. 65535 is no cap: clients may also switch keep alive off."},
    {.path = "mqtt.keepalive_s_min",
     .type = Type::duration,
     .default_json = "0",
     .min = 0,
     .max = 65535,
     .reload = Reload::live,
     .doc =
         "Shortest keep alive. A 5.0 client that asks for less is told this one (Server Keep Alive); a 3.x "
         "client is waited for as long. Clients without keep alive are not concerned."},
    {.path = "mqtt.link_output_bytes_max",
     .type = Type::bytes,
     .default_json = "4194304",
     .min = 4096,
     .max = uint32_max,
     .reload = Reload::live,
     .doc = "Bytes that may wait to be written to one client. Beyond it, messages of QoS 0 are dropped and "
            "counted, others stay in the session's queue. One packet larger than this passes alone."},
    {.path = "mqtt.client_id_bytes_max",
     .type = Type::bytes,
     .default_json = "1024",
     .min = 23,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Longest client identifier. Any server must take 23 bytes."},
    {.path = "mqtt.user_properties_max",
     .type = Type::integer,
     .default_json = "100",
     .min = 0,
     .max = 65535,
     .reload = Reload::live,
     .doc = "User properties in one CONNECT, its will, PUBLISH or AUTH."},
    {.path = "mqtt.topic_alias_max",
     .type = Type::integer,
     .default_json = "16",
     .min = 0,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Topic aliases that a 5.0 client may define (Topic Alias Maximum); each keeps a topic name in "
            "memory as long as the link lives. 0 offers none."},
    {.path = "mqtt.topic_alias_out_max",
     .type = Type::integer,
     .default_json = "16",
     .min = 0,
     .max = 1024,
     .reload = Reload::live,
     .doc = "Topic aliases that the broker gives to a 5.0 client, within the Topic Alias Maximum of its "
            "CONNECT. A topic of 8 to 1,024 bytes gets one when it comes again; above 16 in multiples of 16. "
            "Each keeps a topic name in memory as long as the link lives. 0: none."},
    {.path = "mqtt.response_information",
     .default_json = "\"\"",
     .rule = Rule::topic_start,
     .reload = Reload::live,
     .doc = "What a 5.0 client that asks for it is told in CONNACK (Response Information): by convention "
            "what the response topics of its requests begin with, such as `replies/`. It gives no right to "
            "anything: who may publish and subscribe there is up to `auth`. Empty: no client is told any."},
    {.path = "mqtt.topic_levels_max",
     .type = Type::integer,
     .default_json = "128",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Levels of a topic name or filter, the parts between `/`."},
    {.path = "mqtt.wildcard_levels_max",
     .type = Type::integer,
     .default_json = "8",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc = "In how many first levels of a filter a `+` may stand; a filter with one further down is refused "
            "(0x8F; 3.x: 0x80). Each level more doubles what a topic that nobody has published to lately may "
            "cost its worker; `#` and levels in words may stand at any depth."},
    {.path = "mqtt.topic_bytes_max",
     .type = Type::bytes,
     .default_json = "4096",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Length of a topic name or filter."},
    {.path = "mqtt.qos_max",
     .type = Type::integer,
     .default_json = "2",
     .min = 0,
     .max = 2,
     .reload = Reload::live,
     .doc = "Highest QoS. A 5.0 client is told (Maximum QoS), and a publish above it ends the link; a "
            "subscription is granted at most this."},
    {.path = "mqtt.payload_format_check",
     .type = Type::boolean,
     .default_json = "false",
     .reload = Reload::live,
     .doc =
         "Whether a payload that a 5.0 client says is text (Payload Format Indicator 1) is looked at, which "
         "the standard leaves to the server and which takes a pass over each such payload. One that is not "
         "UTF-8 is refused: a publish of QoS 1 or 2 with 0x99 in PUBACK or PUBREC, a CONNECT with such a "
         "will with 0x99; a publish of QoS 0 is dropped. Each is counted in `tenon_limit_met_total`."},
    {.path = "mqtt.receive_maximum",
     .type = Type::integer,
     .default_json = "1024",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc = "Publishes of QoS 1 and 2 from one client that may be unacknowledged at a time. A 5.0 client is "
            "told and held to it (Receive Maximum); 3.x has no such limit."},
    {.path = "mqtt.inflight_max",
     .type = Type::integer,
     .default_json = "512",
     .min = 1,
     .max = 65535,
     .reload = Reload::live,
     .doc =
         "Publishes of QoS 1 and 2 towards one client that may be unacknowledged at a time. A 5.0 client may "
         "ask for fewer by its own Receive Maximum; a 3.x client has no means to say so."},
};

constexpr Descriptor sessions[] = {
    {.path = "mqtt.session_expiry_s_max",
     .type = Type::duration,
     .default_json = "604800",
     .min = 0,
     .max = uint32_max,
     .reload = Reload::live,
     .doc =
         "How long a session may outlive its link: cap of what a 5.0 client asks for (it is told), and the "
         "life of a 3.x session without clean session. 604800 is seven days; 4294967295 is for ever."},
    {.path = "mqtt.session_queue_count_max",
     .type = Type::integer,
     .default_json = "10000",
     .min = 1,
     .max = uint32_max,
     .doc = "Messages that may wait in one session. What happens to further ones "
            "`mqtt.session_queue_overflow` says."},
    {.path = "mqtt.session_queue_bytes_max",
     .type = Type::bytes,
     .default_json = "16777216",
     .min = 4096,
     .max = 1099511627776,
     .doc = "The same by the size of the messages; whichever limit is met first counts."},
    {.path = "mqtt.session_queue_overflow",
     .type = Type::enumeration,
     .default_json = "\"refuse_newest\"",
     .choices = overflows,
     .doc =
         "What happens when the queue of a stored session is full: the new message is not queued "
         "(`refuse_newest`), or the oldest ones that were never sent make room (`drop_oldest`). Either is "
         "counted in `tenon_publish_dropped_total` with the cause `queue_full`. Queues of sessions without "
         "state refuse the newest."},
    {.path = "mqtt.slow_client_timeout_s",
     .type = Type::duration,
     .default_json = "30",
     .min = 0,
     .max = 86400,
     .reload = Reload::live,
     .doc =
         "How long a connected client without a stored session may be too slow for its queue: when it has "
         "been refused messages for so long, or others of its shared subscription have had them for want of "
         "room, and its queue was never half empty meanwhile, it is disconnected (0x97). Publishers are not "
         "held for it. 0: never."},
    {.path = "mqtt.subscriptions_per_session_max",
     .type = Type::integer,
     .default_json = "10000",
     .min = 1,
     .max = uint32_max,
     .doc = "Subscriptions of one session. Further ones get a failure code in SUBACK."},
    {.path = "mqtt.retained_count_max",
     .type = Type::integer,
     .default_json = "1000000",
     .min = 0,
     .max = 1000000000000,
     .doc = "Retained messages in the whole broker. A further one is delivered to subscribers but not kept, "
            "and logged."},
    {.path = "mqtt.retained_bytes_max",
     .type = Type::bytes,
     .default_json = "1073741824",
     .min = 0,
     .max = 1099511627776,
     .doc = "The same by their size in memory, which each node has for all of them. Nodes look at what they "
            "have "
            "when a message comes in: together they may pass the limit by what is under way."},
};

constexpr Descriptor publish[] = {
    {.path = "mqtt.sys_interval_s",
     .type = Type::duration,
     .default_json = "10",
     .min = 0,
     .max = 3600,
     .reload = Reload::live,
     .doc =
         "How often the node publishes what it counts under `$SYS/broker`, retained, for clients of its own: "
         "what has changed since. 0: never, and nothing stands there."},
    {.path = "mqtt.shared_strategy",
     .type = Type::enumeration,
     .default_json = "\"round_robin\"",
     .choices = strategies,
     .doc =
         "Which member of a shared subscription gets a message: each in turn (`round_robin`), any "
         "(`random`), "
         "one until it is gone or away (`sticky`), the same for all messages of a publisher (`hash_client`) "
         "or of a "
         "topic (`hash_topic`), or each in turn of those that are connected to this node, others when there "
         "are none (`local_first`). A stored session without its client gets none while another member is "
         "connected. Each worker counts turns by itself. Members of `$oshare` groups get all "
         "messages of one publisher and topic, whatever this says, connected or not."},
    {.path = "publish.timeout_s",
     .type = Type::duration,
     .default_json = "10",
     .min = 1,
     .max = 3600,
     .doc =
         "How long a publish of QoS 1 or 2 may wait for its durable copies. Then a 5.0 client gets PUBACK or "
         "PUBREC 0x80 with a sentence, and a 3.x link is closed without an acknowledgement. At a node that "
         "was started without a majority, or that has just got a link to another one, it may first wait as "
         "long until the node knows whom it is for. CONNECT of a client with a session waits as long, and "
         "then gets 0x88 with a sentence (3.x: 3). SUBSCRIBE and UNSUBSCRIBE of such a client wait as long, "
         "and then its connection ends (DISCONNECT 0x89)."},
};

}  // namespace

std::span<const Descriptor> mqtt_link_rows() {
  return links;
}
std::span<const Descriptor> mqtt_session_rows() {
  return sessions;
}
std::span<const Descriptor> publish_rows() {
  return publish;
}

}  // namespace tenon::config
