#include "node/api_listener.h"

#include <algorithm>
#include <array>
#include <exception>

#include "admin/http/link_times.h"
#include "admin/problem.h"
#include "broker/limits/connection_gate.h"
#include "host/watch/breadcrumb.h"
#include "stack/listen_address.h"
#include "stack/peer_text.h"
#include "stack/stacked_link.h"

namespace tenon::node {

namespace {

constexpr std::size_t read_buffer_bytes = 16 * 1024;
constexpr admin::PlaceLimits place_limits;
constexpr MonoNs handshake_ns_max = 10 * ns_per_s;
// A handshake that did not even begin is told to nobody.
constexpr MonoNs handshake_forgotten_ns = handshake_ns_max + 2 * ns_per_s;

admin::PeerTrust trust_of(const tenon_peer_info& peer, std::uint32_t own_uid) {
  if (peer.family == TENON_PEER_UNIX) return admin::trust_of_unix_peer(peer.unix_uid, own_uid);
  const std::size_t size = peer.family == TENON_PEER_IPV4 ? 4 : peer.family == TENON_PEER_IPV6 ? 16 : 0;
  return admin::trust_of_ip_peer(Bytes(peer.addr, size));
}

// Empty for unix sockets, which are this machine's own.
std::string address_of(const tenon_peer_info& peer) {
  const auto address = broker::ConnectionGate::address_of(peer.family, peer.addr);
  return address ? std::string(address->begin(), address->end()) : std::string();
}

std::string name_of(const tenon_peer_info& peer) {
  if (peer.family == TENON_PEER_UNIX)
    return peer.unix_uid < 0 ? "unix" : "unix uid " + std::to_string(peer.unix_uid);
  std::array<std::uint8_t, 16> address{};
  std::copy(std::begin(peer.addr), std::end(peer.addr), address.begin());
  return stack::peer_text(peer.family, address, peer.port);
}

}  // namespace

struct ApiListener::Link {
  Link(ApiListener& o, tenon_conn* c, const tenon_peer_info& peer)
      : owner(o),
        conn(c),
        address(address_of(peer)),
        http(o.context_.handler, o.context_.clock, {trust_of(peer, o.context_.own_uid), name_of(peer)}, {},
             o.context_.on_answered),
        times(o.worker_.now_ns(),
              address.empty() ? admin::LinkTimes::Doing::idle : admin::LinkTimes::Doing::opening) {}

  bool is_sending() const { return sent < output.size(); }
  admin::LinkTimes::Doing doing() const {
    using Doing = admin::LinkTimes::Doing;
    if (is_sending() || http.want_close()) return Doing::sending;
    if (work != 0) return Doing::working;
    return http.idle() ? Doing::idle : Doing::receiving;
  }
  admin::LinkPlace place() const {
    const auto now = doing();
    const bool is_asked = now != admin::LinkTimes::Doing::idle && now != admin::LinkTimes::Doing::receiving;
    return {address, !is_asked && !http.has_head() && !touched, times.since_ns()};
  }

  ApiListener& owner;
  tenon_conn* conn;  // null once the transport has released it
  const std::string address;
  admin::HttpConnection http;
  std::uint64_t work = 0;  // of the response that is being made, among all of the listener; 0: none
  std::string output;
  std::size_t sent = 0;
  bool blocked = false;
  bool reading = true;
  bool touched = false;  // has something to do at the end of the turn
  bool leaves = false;   // for a newcomer, at the end of the turn
  admin::LinkTimes times;
};

const tenon_link_events ApiListener::events = {
    sizeof(tenon_link_events), 0, &on_open, &rx_reserve, &rx_commit, &on_writable, &on_closed};

ApiListener::ApiListener(const ApiContext& context, host::Instance& transport,
                         std::vector<host::Instance*> filters, runtime::Worker& worker)
    : context_(context), transport_(transport), worker_(worker), read_buffer_(read_buffer_bytes) {
  runtime::Worker* const workers[] = {&worker_};
  if (!filters.empty())
    stack_ = std::make_unique<stack::LinkStack>(
        transport, std::move(filters), workers, handshake_ns_max,
        stack::LinkUser{&events, this, &ApiListener::on_accepted, &ApiListener::on_refused});
  worker_.add_turn_hook(&ApiListener::on_turn_end, this);
  worker_.start_timer(ns_per_s, &ApiListener::on_second, this);
}

ApiListener::~ApiListener() {
  const host::PluginScope scope(transport_.tag());
  if (handle_) transport_.transport().listener_close(handle_);
}

Status ApiListener::open(const std::string& address, std::uint16_t port) {
  const host::PluginScope scope(transport_.tag());
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = 1;
  const std::string_view listened = stack::listen_address(address);
  request.address = {reinterpret_cast<const std::uint8_t*>(listened.data()), listened.size()};
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  if (transport_.transport().listen(
          transport_.raw(), &request, stack_ ? &stack::LinkStack::events() : &events,
          stack_ ? static_cast<void*>(stack_.get()) : this, &handle_, &error) == TENON_OK)
    return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, std::string("api: ") + error.message};
}

Status ApiListener::start() {
  if (stack_) stack_->begin(0);
  const host::PluginScope scope(transport_.tag());
  tenon_error error{};
  error.struct_size = sizeof error;
  if (transport_.transport().accept_start(handle_, 0, &error) == TENON_OK) return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, std::string("api: ") + error.message};
}

void ApiListener::stop() {
  {
    const host::PluginScope scope(transport_.tag());
    transport_.transport().accept_stop(handle_, 0);
  }
  for (const auto& link : links_)
    if (link->conn) close(*link);
}

void ApiListener::abandon() {
  if (stack_) stack_->abandon(0);
}

// Whoever leaves does so at the end of the turn, as the transport may be in the middle of something. So for a
// moment there may be more links than places, but no more than twice as many.
bool ApiListener::make_room(const tenon_peer_info& peer) {
  const std::size_t count = stack_ ? stack_->link_count(0) : links_.size();
  if (count >= 2 * place_limits.count_max) return false;
  std::vector<admin::LinkPlace> taken;
  std::vector<Link*> links;
  for (const auto& link : links_)
    if (link->conn && !link->leaves) {
      taken.push_back(link->place());
      links.push_back(link.get());
    }
  for (const Handshake& handshake : handshakes_)
    taken.push_back({handshake.address, true, handshake.since_ns, true});
  const admin::Admission admission = admin::admit_link(taken, address_of(peer), place_limits);
  if (admission.leaves && *admission.leaves < links.size())
    links[*admission.leaves]->leaves = dirty_ = true;
  else if (admission.leaves)
    stack_->make_room_in_handshakes(0, 1);
  return admission.admitted;
}

// Handshakes count, too: who never ends one holds memory all the same.
std::int64_t ApiListener::on_accepted(void* user, std::uint32_t, const tenon_peer_info& peer) {
  const host::CoreScope scope;
  auto* self = static_cast<ApiListener*>(user);
  if (!self->make_room(peer)) return -1;
  self->handshakes_.push_back({address_of(peer), self->worker_.now_ns()});
  return 0;
}

void ApiListener::end_handshake(const tenon_peer_info& peer) {
  const auto found = std::ranges::find(handshakes_, address_of(peer), &Handshake::address);
  if (found != handshakes_.end()) handshakes_.erase(found);
}

void ApiListener::on_refused(void* user, std::uint32_t, const tenon_peer_info& peer, tenon_status,
                             std::string_view filter, std::string_view reason) {
  const host::CoreScope scope;
  auto* self = static_cast<ApiListener*>(user);
  self->end_handshake(peer);
  self->context_.log.write(observe::events::api_link_refused,
                           "a connection was closed before its handshakes were over",
                           {{"peer", name_of(peer)}, {"filter", filter}, {"reason", reason}});
}

std::uint64_t ApiListener::send(tenon_conn* conn, const tenon_bytes& bytes) {
  if (stack_) return stack::StackedLink::of(conn).send({&bytes, 1});
  const host::PluginScope scope(transport_.tag());
  std::uint64_t taken = 0;
  transport_.transport().send_v(conn, &bytes, 1, &taken);
  return taken;
}

void ApiListener::read_on(tenon_conn* conn) {
  if (stack_) return stack::StackedLink::of(conn).set_reading(true);
  const host::PluginScope scope(transport_.tag());
  transport_.transport().set_reading(conn, 1);
}

tenon_status ApiListener::on_open(void* user, std::uint32_t, tenon_conn* conn, const tenon_peer_info* peer,
                                  void** ret_link) {
  const host::CoreScope scope;
  auto* self = static_cast<ApiListener*>(user);
  if (self->stack_)
    self->end_handshake(*peer);
  else if (!self->make_room(*peer))
    return TENON_E_BUSY;
  self->links_.push_back(std::make_unique<Link>(*self, conn, *peer));
  *ret_link = self->links_.back().get();
  return TENON_OK;
}

tenon_span ApiListener::rx_reserve(void* link) {
  auto& buffer = static_cast<Link*>(link)->owner.read_buffer_;
  return {buffer.data(), buffer.size()};
}

tenon_status ApiListener::rx_commit(void* user, std::uint64_t len) {
  const host::CoreScope scope;
  auto& link = *static_cast<Link*>(user);
  ApiListener& self = link.owner;
  link.http.on_bytes(Bytes(self.read_buffer_.data(), len));
  self.note(link);
  link.touched = self.dirty_ = true;
  link.reading = link.http.want_read();
  return link.reading ? TENON_OK : TENON_AGAIN;
}

void ApiListener::on_writable(void* user) {
  const host::CoreScope scope;
  auto& link = *static_cast<Link*>(user);
  link.blocked = false;
  link.touched = link.owner.dirty_ = true;
}

void ApiListener::on_closed(void* user, tenon_status, std::int32_t) {
  const host::CoreScope scope;
  auto& link = *static_cast<Link*>(user);
  link.conn = nullptr;
  link.http.on_gone();
  link.owner.dirty_ = true;
}

void ApiListener::on_turn_end(void* user) {
  auto* self = static_cast<ApiListener*>(user);
  if (!std::exchange(self->dirty_, false)) return;
  for (const auto& link : self->links_) {
    if (link->conn && std::exchange(link->touched, false)) self->serve(*link);
    // Unless it has asked for something meanwhile.
    if (std::exchange(link->leaves, false) && link->conn && link->place().can_leave) self->close(*link);
  }
  // What is under way when its peer goes is written down all the same, once it is done.
  std::erase_if(self->links_, [](const auto& link) { return !link->conn && link->work == 0; });
}

void ApiListener::note(Link& link) {
  link.times.does(link.doing(), link.http.has_head(), worker_.now_ns());
}

void ApiListener::serve(Link& link) {
  note(link);
  while (true) {
    begin_work(link);
    if (link.sent == link.output.size()) {
      link.output = link.http.take_output();
      link.sent = 0;
    }
    if (link.output.empty()) {
      link.http.resume();
      begin_work(link);
      link.output = link.http.take_output();
      if (link.output.empty()) break;
    }
    note(link);
    if (link.blocked) return;
    const tenon_bytes rest{reinterpret_cast<const std::uint8_t*>(link.output.data()) + link.sent,
                           link.output.size() - link.sent};
    const std::uint64_t taken = send(link.conn, rest);
    link.sent += taken;
    if (taken > 0) link.times.on_sent(worker_.now_ns());
    if (taken < rest.len) {
      link.blocked = true;
      return;
    }
  }
  note(link);
  if (link.http.want_close()) return close(link);
  if (!link.reading && link.http.want_read()) {
    link.reading = true;
    read_on(link.conn);
  }
}

// The response may come on any thread, and when the link is gone.
void ApiListener::begin_work(Link& link) {
  const auto work = link.http.take_work();
  if (!work) return;
  link.work = ++last_work_;
  note(link);
  const host::CoreScope scope;
  const std::weak_ptr<ApiListener*> weak = self_;
  admin::HttpDone done = [weak, worker = &worker_, number = link.work](admin::HttpResponse&& response) {
    worker->post(make_task([weak, number, response = std::move(response)]() mutable {
      if (const auto self = weak.lock()) (*self)->on_response(number, std::move(response));
    }));
  };
  try {
    work->run(done);
  } catch (const std::exception&) {
    done(admin::problem(500, "the broker failed to make this answer; it goes on"));
  }
}

void ApiListener::on_response(std::uint64_t number, admin::HttpResponse&& response) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [&](const auto& link) { return link->work == number; });
  if (found == links_.end()) return;
  Link& link = **found;
  link.work = 0;
  link.http.on_response(std::move(response));
  link.touched = dirty_ = true;
  worker_.request_turn();
}

void ApiListener::close(Link& link) {
  tenon_conn* const conn = std::exchange(link.conn, nullptr);
  link.http.on_gone();
  if (stack_) {
    stack::StackedLink::of(conn).close(TENON_CLOSE_FLUSH);
  } else {
    const host::PluginScope scope(transport_.tag());
    transport_.transport().close(conn, TENON_CLOSE_FLUSH);
  }
  dirty_ = true;
  worker_.request_turn();
}

void ApiListener::on_second(void* user) {
  auto* self = static_cast<ApiListener*>(user);
  self->worker_.start_timer(ns_per_s, &ApiListener::on_second, user);
  const MonoNs now = self->worker_.now_ns();
  std::erase_if(self->handshakes_, [now](const Handshake& handshake) {
    return now - handshake.since_ns > handshake_forgotten_ns;
  });
  for (const auto& link : self->links_) {
    const auto verdict = link->times.look(now);
    if (link->work != 0 && verdict == admin::LinkTimes::Verdict::answer)
      self->on_response(link->work, admin::problem(504,
                                                   "this has not come to an end in time; a change may have "
                                                   "been made, or may be made yet"));
    else if (link->conn && verdict == admin::LinkTimes::Verdict::close)
      self->close(*link);
  }
}

}  // namespace tenon::node
