#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "made_plugin.h"
#include "transport/transport_link.h"

namespace tenon::tools {

// A transport broke a rule; the text is the finding.
class TransportFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs `look` for each transport of the module, with a subject of its own; plugins of other kinds pass. A
// TransportFault is the finding.
using LookAtTransport = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&, const Subject&)>;
std::function<Finding(const Subject&)> on_transports(LookAtTransport look);

// A transport with its workers started, and the host of its links. All functions but those for link_events():
// the control thread. Each that waits throws a TransportFault when what it waits for does not come.
class TransportDriver {
 public:
  // Whose links: `user` of listen and connect.
  struct Side {
    TransportDriver* driver;
    bool is_incoming;
    bool refuses = false;  // on_open answers TENON_E_BUSY
    int refused_count = 0;
  };
  struct Place {
    tenon_listener* listener;
    std::uint32_t port;
  };

  TransportDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject);
  ~TransportDriver();
  TransportDriver(const TransportDriver&) = delete;
  TransportDriver& operator=(const TransportDriver&) = delete;

  // Listens, and accepts on each worker. Empty: refused, with *ret_status and *ret_words.
  std::optional<Place> listen(const std::string& address, std::uint32_t port, tenon_status* ret_status,
                              std::string* ret_words);
  // Listens on an address of that form, port 0; empty when the transport says that it has none such.
  std::optional<Place> listen_if_had(const std::string& address);
  void close(const Place& place);

  // Connects on the first worker and waits for the end. The link, or null with *ret_status.
  TransportLink* connect(const std::string& address, std::uint32_t port, tenon_status* ret_status,
                         std::int64_t time_ns);
  TransportLink& connect(const std::string& address, std::uint32_t port);
  // The next link that came in.
  TransportLink& accept();
  // Whether on_open of links that come in says TENON_E_BUSY from now on.
  void refuse_incoming(bool refuses);
  // How many it has refused so.
  int refused_count();

  // Hands over as much as is taken; how much that is.
  std::size_t send_some(TransportLink& link, std::string_view bytes);
  // All of it, waiting where less is taken.
  void send(TransportLink& link, std::string_view bytes);
  // Reads on; rx_commit says TENON_AGAIN no more.
  void resume(TransportLink& link);
  void close(TransportLink& link, bool flush);
  void wait_until(const std::function<bool()>& holds, const std::string& otherwise);
  // Waits until `bytes` have come, and throws when others came.
  void expect(TransportLink& link, const std::string& bytes, const std::string& what);
  // Waits for on_closed; why.
  tenon_status wait_for_end(TransportLink& link, const std::string& what);
  // Closes all links that are open, and forgets all.
  void forget_links();

  // For link_events(); the mutex is held but for current_worker().
  std::mutex& mutex() { return mutex_; }
  std::condition_variable& changed() { return changed_; }
  void keep_fault(const std::string& fault);
  TransportLink& add_link();
  std::uint32_t current_worker() const { return check_host_.threads().current_worker(); }

 private:
  class ConnectOp;
  void on_worker(std::uint32_t worker, const std::function<void()>& fn);
  void look_for_fault();

  CheckHost& check_host_;
  std::unique_ptr<host::Instance> instance_;
  Side incoming_{this, true}, outgoing_{this, false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<TransportLink>> links_;
  std::size_t accepted_count_ = 0;
  std::deque<Place> places_;
  std::string fault_;
};

}  // namespace tenon::tools
