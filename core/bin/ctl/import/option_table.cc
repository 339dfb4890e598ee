#include "bin/ctl/import/option_table.h"

#include <algorithm>
#include <iterator>

namespace tenon::ctl {

namespace {

constexpr TlsOption tls_options[] = {
    {"certfile", "certificate"},
    {"keyfile", "key"},
    {"cafile", "ca"},
    {"crlfile", "crl"},
    {"ciphers", "ciphers", false},
    {"ciphers_tls1.3", "ciphersuites", false},
};

constexpr LimitOption limit_options[] = {
    {"max_inflight_messages", "inflight_max", 1, 65535,
     "0 lets all be under way; the default of 128 is kept"},
    {"max_keepalive", "keepalive_s_max", 1, 65535, "0 is no cap, which is the default here"},
    {"max_packet_size", "packet_bytes_max", 256, 268'435'460, "0 is no limit; the default of 1 MiB is kept"},
    {"message_size_limit", "packet_bytes_max", 256, 268'435'460,
     "0 is no limit; the default of 1 MiB is kept", "it counts the whole packet here, not the payload alone"},
    {"max_qos", "qos_max", 0, 2},
    {"max_topic_alias", "topic_alias_max", 0, 65535},
    {"max_queued_messages", "session_queue_count_max", 1, 4'294'967'295,
     "0 is no limit; the default of 10000 is kept"},
    {"max_queued_bytes", "session_queue_bytes_max", 4096, 1'099'511'627'776,
     "0 is no limit; the default of 16 MiB is kept"},
    {"sys_interval", "sys_interval_s", 0, 3600},
};

constexpr const char* by_service = "the service's own file says so (systemctl edit tenond)";
constexpr const char* no_plugins =
    "plugins for Mosquitto do not fit; see docs/plugin-authors for those of tenon";
constexpr const char* no_psk = "TLS with pre-shared keys is not spoken";
constexpr const char* no_static_files = "files are not served";

constexpr KnownOption known_options[] = {
    {"acl_cache_seconds", true, "rules are looked at anew by each reload"},
    {"allow_duplicate_messages", false,
     "a client with overlapping subscriptions gets one copy with the highest QoS"},
    {"auth_plugin", false, no_plugins},
    {"auth_plugin_deny_special_chars", true, "such names match no pattern of the ACL file"},
    {"auto_id_prefix", false, "ids that are given out have a form of their own"},
    {"autosave_interval", true, "everything is on disk when it is acknowledged"},
    {"autosave_on_changes", true, "everything is on disk when it is acknowledged"},
    {"bind_interface", false, "a listener is bound to an address, not to a device"},
    {"capath", false, "authorities are in one file (`ca` of filter/tls): join those of the directory"},
    {"check_retain_source", false, "rights of a retained message's publisher are not looked at again"},
    {"clientid_prefixes", false, "ids are not restricted by prefix; rules of the ACL file may name %c"},
    {"connection_messages", true, "log.level says what is written"},
    {"dhparamfile", true, "OpenSSL's own parameters are used"},
    {"disable_client_cert_date_checks", false, "expired certificates are refused"},
    {"enable_control_api", false, "tenonctl and the HTTP API are there instead"},
    {"global_max_clients", false, "connections are limited for each listener (listeners.*.connections_max)"},
    {"global_max_connections", false,
     "connections are limited for each listener (listeners.*.connections_max)"},
    {"global_plugin", false, no_plugins},
    {"http_dir", false, no_static_files},
    {"keepalive_interval", false, "part of a bridge, which tenon does not have"},
    {"listener_allow_anonymous", false, "say allow_anonymous with per_listener_settings"},
    {"log_facility", true, "the journal of systemd needs none"},
    {"log_timestamp", true, "each line has its time"},
    {"log_timestamp_format", false, "times are written as ISO 8601"},
    {"max_inflight_bytes", false, "messages under way are limited by their count (mqtt.inflight_max)"},
    {"mount_point", false, "topics are those of the client"},
    {"packet_buffer_size", true, "buffers need no size"},
    {"persistence_file", false, "Mosquitto's database is not read: sessions begin anew"},
    {"persistence_location", false, "data lies in node.data_dir; Mosquitto's database is not read"},
    {"pid_file", true, "systemd knows the process"},
    {"plugin", false, no_plugins},
    {"plugin_load", false, no_plugins},
    {"plugin_use", false, no_plugins},
    {"protocol_versions", false, "say mqtt.versions"},
    {"psk_file", false, no_psk},
    {"psk_hint", false, no_psk},
    {"queue_qos0_messages", false, "messages with QoS 0 do not wait for clients that are away"},
    {"retain_expiry_interval", false, "retained messages expire as their publishers say"},
    {"set_tcp_nodelay", true, "it is always set"},
    {"socket_domain", true, "the address says it"},
    {"tls_engine", false, "engines of OpenSSL are not loaded"},
    {"tls_engine_kpass_sha1", false, "engines of OpenSSL are not loaded"},
    {"tls_keyform", false, "keys are PEM files"},
    {"tls_keylog", false, "keys of sessions are never written down"},
    {"upgrade_outgoing_qos", false, "a message is delivered with the lower QoS of the two"},
    {"use_subject_as_username", false, "filter/tls takes the common name or an alternative name"},
    {"use_username_as_clientid", false, "auth.client_id_owner binds a client id to its user instead"},
    {"user", false, by_service},
    {"websockets_headers_size", true, "plugins.websocket.options.header_bytes_max has a default"},
    {"websockets_log_level", true, "log.level says what is written"},
    {"websockets_origin", false, "the origin of a page is not looked at"},
};

constexpr std::string_view bridge_options[] = {
    "address",
    "addresses",
    "bridge_alpn",
    "bridge_attempt_unsubscribe",
    "bridge_bind_address",
    "bridge_cafile",
    "bridge_capath",
    "bridge_certfile",
    "bridge_ciphers",
    "bridge_ciphers_tls1.3",
    "bridge_identity",
    "bridge_insecure",
    "bridge_keyfile",
    "bridge_max_packet_size",
    "bridge_max_topic_alias",
    "bridge_outgoing_retain",
    "bridge_protocol_version",
    "bridge_psk",
    "bridge_receive_maximum",
    "bridge_reload_type",
    "bridge_require_ocsp",
    "bridge_session_expiry_interval",
    "bridge_tcp_keepalive",
    "bridge_tcp_user_timeout",
    "bridge_tls_use_os_certs",
    "bridge_tls_version",
    "cleansession",
    "clientid",
    "idle_timeout",
    "keepalive_interval",
    "local_cleansession",
    "local_clientid",
    "local_password",
    "local_username",
    "notification_topic",
    "notifications",
    "notifications_local_only",
    "password",
    "remote_clientid",
    "remote_password",
    "remote_username",
    "restart_timeout",
    "round_robin",
    "start_type",
    "threshold",
    "topic",
    "try_private",
    "username",
};

template <class Table>
auto find_in(const Table& table, std::string_view name) -> decltype(&table[0]) {
  const auto found =
      std::find_if(std::begin(table), std::end(table), [name](const auto& one) { return one.name == name; });
  return found == std::end(table) ? nullptr : &*found;
}

}  // namespace

const TlsOption* find_tls_option(std::string_view name) {
  return find_in(tls_options, name);
}

const LimitOption* find_limit_option(std::string_view name) {
  return find_in(limit_options, name);
}

const KnownOption* find_known_option(std::string_view name) {
  return find_in(known_options, name);
}

bool is_bridge_option(std::string_view name) {
  return std::find(std::begin(bridge_options), std::end(bridge_options), name) != std::end(bridge_options);
}

}  // namespace tenon::ctl
