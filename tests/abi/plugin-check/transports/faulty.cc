// Links over TCP with one fault; FAULT says which. What stands between the transport and its host makes the
// fault.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <tenon/module.hpp>

#include "tcp_transport.h"

namespace tenon::test {

using transport_tcp::TcpTransport;

enum class Fault : std::uint8_t {
  none,
  refuses_in_silence,  // addresses, without a word
  loses_a_byte,        // of what is long
  reads_on,            // though the host takes no more
  gives_no_reason,     // for the end of a link
  connects_to_nobody,  // and says that all went well
  forgets_links,       // to free what belongs to them
  ignores_deadlines,   // of connections
  unix_only,           // sound: has no other addresses
  unix_forgets_links,  // the same, and it forgets links
};
constexpr Fault fault = Fault::FAULT;

// The one host of this process; its tables stay where they are.
const tenon_link_events* host_events = nullptr;
const tenon_transport* real = nullptr;
void* volatile forgotten = nullptr;

tenon_status on_open(void* user, std::uint32_t worker, tenon_conn* conn, const tenon_peer_info* peer,
                     void** ret_link) {
  if (fault == Fault::forgets_links || fault == Fault::unix_forgets_links) forgotten = std::malloc(100);
  return host_events->on_open(user, worker, conn, peer, ret_link);
}

tenon_status rx_commit(void* link, std::uint64_t len) {
  const tenon_status status = host_events->rx_commit(link, len);
  return fault == Fault::reads_on ? TENON_OK : status;
}

void on_closed(void* link, tenon_status why, std::int32_t native_errno) {
  host_events->on_closed(link, fault == Fault::gives_no_reason ? TENON_E_IO : why, native_errno);
}

const tenon_link_events* between(const tenon_link_events* events) {
  static tenon_link_events table{};
  host_events = events;
  table = *events;
  table.on_open = on_open;
  table.rx_commit = rx_commit;
  table.on_closed = on_closed;
  return &table;
}

tenon_status listen(tenon_plugin* self, const tenon_listen_request* request, const tenon_link_events* events,
                    void* user, tenon_listener** ret_listener, tenon_error* error) {
  const std::string address(sdk::text_of(request->address));
  const bool is_unix_only = fault == Fault::unix_only || fault == Fault::unix_forgets_links;
  if (is_unix_only && !address.starts_with("unix:")) {
    std::strncpy(error->message, address.c_str(), sizeof error->message - 1);
    return TENON_E_UNSUPPORTED;
  }
  const tenon_status status = real->listen(self, request, between(events), user, ret_listener, error);
  if (fault == Fault::refuses_in_silence) error->message[0] = 0;
  return status;
}

// Nobody listens there: the port can be had.
bool is_free(std::uint32_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return is_free;
}

tenon_status connect(tenon_plugin* self, std::uint32_t worker, const tenon_connect_request* request,
                     const tenon_link_events* events, void* user, tenon_op op) {
  if (fault == Fault::connects_to_nobody && sdk::text_of(request->address) == "127.0.0.1" &&
      is_free(request->port))
    return TENON_OK;
  tenon_connect_request mine = *request;
  if (fault == Fault::ignores_deadlines) mine.deadline_mono_ns = INT64_MAX / 2;
  return real->connect(self, worker, &mine, between(events), user, op);
}

void send_v(tenon_conn* conn, const tenon_bytes* spans, std::uint32_t count, std::uint64_t* ret_len) {
  std::vector<tenon_bytes> all(spans, spans + count);
  const bool is_long = !all.empty() && all.back().len > 10'000;
  if (fault == Fault::loses_a_byte && is_long) --all.back().len;
  real->send_v(conn, all.data(), count, ret_len);
  if (fault == Fault::loses_a_byte && is_long) ++*ret_len;
}

const void* table_of(tenon_plugin* plugin, const char* id) {
  real = static_cast<const tenon_transport*>(sdk::Plugin<TcpTransport>::self(plugin).table_for(id ? id : ""));
  if (!real) return nullptr;
  static tenon_transport table{};
  table = *real;
  table.listen = listen;
  table.connect = connect;
  table.send_v = send_v;
  return &table;
}

// What a module asks of a plugin class.
class Faulty {
 public:
  static constexpr const char* kind_id = TENON_TRANSPORT_ID;
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.transport",
                                        .name = "faulty",
                                        .version = "1.0",
                                        .config_schema_json = TcpTransport::info.config_schema_json,
                                        .requires_host = TcpTransport::info.requires_host};

  static tenon_status create(const tenon_host* host, tenon_plugin** ret_plugin, tenon_error* error) noexcept {
    const tenon_status status = TcpTransport::create(host, ret_plugin, error);
    if (status == TENON_OK) (*ret_plugin)->get_interface = table_of;
    return status;
  }
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.transport", "1.0", tenon::test::Faulty)
