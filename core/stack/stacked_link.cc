#include "stack/stacked_link.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "stack/link_stack.h"
#include "stack/stack_worker.h"

namespace tenon::stack {

namespace {

// What is handed to a filter at a time; what waits for the transport is never much more.
constexpr std::size_t piece_bytes_max = 64 * 1024;
constexpr std::size_t piece_spans_max = 64;
// Answers to what comes in, such as pongs: beyond it nothing is read until the peer takes them.
constexpr std::size_t unread_output_bytes_max = 128 * 1024;
// What the transport has taken is forgotten when it is more than that, and more than what is left.
constexpr std::size_t sent_output_bytes_max = 64 * 1024;
// Of a certificate chain and the texts about it; a peer that sends more is not listened to.
constexpr std::size_t fact_bytes_max = 64 * 1024;
constexpr std::size_t chain_count_max = 16;
// A peer that does not take the last of what was sent has so long for it.
constexpr std::int64_t farewell_ns = 3'000'000'000;
// What a peer that waits for its turn may send meanwhile.
constexpr std::size_t early_bytes_max = 512;

std::size_t bytes_of(std::span<const tenon_bytes> spans) {
  std::size_t sum = 0;
  for (const tenon_bytes& span : spans) sum += span.len;
  return sum;
}

std::string_view text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}

// Sets a flag for as long as it lives.
class Within {
 public:
  explicit Within(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
  ~Within() { flag_ = before_; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;

 private:
  bool& flag_;
  const bool before_;
};

}  // namespace

// What filters call.
struct StackedLink::HostCalls {
  static Level& level(tenon_filter_link* link) { return *reinterpret_cast<Level*>(link); }

  static tenon_status ready(tenon_filter_link* link) {
    const host::CoreScope scope;
    return level(link).link->on_ready(level(link));
  }
  static void step_aside(tenon_filter_link* link) { level(link).aside = level(link).ready; }
  static tenon_span rx_reserve(tenon_filter_link* link) {
    const host::CoreScope scope;
    return level(link).link->reserve_above(level(link));
  }
  static tenon_status rx_commit(tenon_filter_link* link, std::uint64_t len) {
    const host::CoreScope scope;
    return level(link).link->commit_above(level(link), len);
  }
  static void put(tenon_filter_link* link, const tenon_bytes* spans, std::uint32_t count) {
    const host::CoreScope scope;
    level(link).link->put_below(level(link), {spans, count});
  }
  static void fact(tenon_filter_link* link, std::uint32_t key, tenon_bytes value) {
    level(link).link->add_fact(key, text_of(value));
  }
  static void set_peer(tenon_filter_link* link, const tenon_peer_info* peer) {
    tenon_peer_info& known = level(link).link->peer_;
    std::memcpy(&known, peer, std::min<std::size_t>(peer->struct_size, sizeof known));
    known.struct_size = sizeof known;
  }
  static void explain(tenon_filter_link* link, tenon_bytes reason) {
    level(link).link->fault_.assign(text_of(reason).substr(0, 256));
  }

  static constexpr tenon_filter_host table{
      sizeof(tenon_filter_host), 0, ready, step_aside, rx_reserve, rx_commit, put, fact, set_peer, explain};
};

StackedLink::StackedLink(StackWorker& worker, tenon_conn* conn, const tenon_peer_info& peer, void* user)
    : worker_(worker), user_(user), conn_(conn), peer_(peer), levels_(worker.stack().filters().size()) {}

StackedLink::~StackedLink() {
  cancel_deadline();
  if (waits_) worker_.worker().cancel_timer(wait_);
  release_filters();
}

tenon_status StackedLink::begin(std::int64_t wait_ns) {
  const Within callback(in_callback_);
  for (std::uint32_t i = 0; i < levels_.size(); ++i) {
    Level& level = levels_[i];
    level.link = this;
    level.filter = worker_.stack().filters()[i];
    level.index = i;
    const tenon_status status = open_filter(level);
    if (status == TENON_OK) continue;
    // A filter that was ready before its open failed has shown the link to the user.
    if (above_) worker_.stack().user().events->on_closed(std::exchange(above_, nullptr), status, 0);
    return status;
  }
  if (!opened_) start_deadline(worker_.stack().handshake_timeout_ns());
  if (wait_ns > 0) {
    // As if the lowest filter had more to give than was wanted.
    waits_ = levels_[0].held = true;
    wait_ = worker_.worker().start_timer(wait_ns, &StackedLink::on_wait_over, this);
  }
  return TENON_OK;
}

tenon_status StackedLink::open_filter(Level& level) {
  const host::PluginScope scope(level.filter->tag());
  const tenon_status status = level.filter->filter().open(
      level.filter->raw(), worker_.worker().index(), worker_.stack().role(), &HostCalls::table,
      reinterpret_cast<tenon_filter_link*>(&level), &level.conn);
  return status > 0 ? TENON_E_INTERNAL : status;
}

void StackedLink::on_wait_over(void* self) {
  auto& link = *static_cast<StackedLink*>(self);
  link.waits_ = false;
  // When nothing has come yet, the transport is still reading.
  if (link.reading_) link.levels_[0].held = false;
  link.worker_.mark(link);
}

// Incoming.

bool StackedLink::is_held() const {
  return std::any_of(levels_.begin(), levels_.end(), [](const Level& level) { return level.held; });
}

bool StackedLink::is_direct() const {
  return above_ && std::all_of(levels_.begin(), levels_.end(),
                               [](const Level& level) { return level.aside && !level.held; });
}

tenon_span StackedLink::rx_reserve() {
  if (is_direct()) return worker_.stack().user().events->rx_reserve(above_);
  const std::span<std::uint8_t> buffer = worker_.input_buffer(0);
  return {buffer.data(), waits_ ? std::min(buffer.size(), early_bytes_max) : buffer.size()};
}

tenon_status StackedLink::rx_commit(std::uint64_t len) {
  if (closing_) return TENON_OK;
  const Within callback(in_callback_);
  if (is_direct()) {
    const tenon_status status = worker_.stack().user().events->rx_commit(above_, len);
    reading_ = above_wants_ = status == TENON_OK;
    return status;
  }
  if (len == 0) return TENON_OK;
  if (failure_ == TENON_OK) feed(levels_[0], {worker_.input_buffer(0).data(), len});
  if (failure_ != TENON_OK) report_end();
  const bool too_much = output_.size() - output_at_ > unread_output_bytes_max;
  reading_ = failure_ == TENON_OK && !is_held() && above_wants_ && !too_much;
  if (!reading_) worker_.mark(*this);
  return reading_ ? TENON_OK : TENON_AGAIN;
}

tenon_status StackedLink::feed(Level& level, Bytes bytes) {
  if (level.held) {
    level.stash.insert(level.stash.end(), bytes.begin(), bytes.end());
    return TENON_AGAIN;
  }
  std::uint64_t taken = 0;
  tenon_status status;
  if (level.aside) {
    status = pass_by(level, bytes, taken);
  } else {
    const host::PluginScope scope(level.filter->tag());
    status = level.filter->filter().receive(level.conn, {bytes.data(), bytes.size()}, &taken);
  }
  // An end above is what counts, whatever the filter makes of it.
  if (failure_ != TENON_OK) return failure_;
  if (status == TENON_AGAIN) {
    const Bytes rest = bytes.subspan(std::min<std::size_t>(taken, bytes.size()));
    level.held = true;
    level.stash.assign(rest.begin(), rest.end());
  } else if (status != TENON_OK) {
    fail(&level, status);
    return failure_;
  }
  return status;
}

tenon_status StackedLink::pass_by(Level& level, Bytes bytes, std::uint64_t& taken) {
  tenon_status status = TENON_OK;
  while (taken < bytes.size() && status == TENON_OK) {
    const tenon_span space = reserve_above(level);
    const std::size_t len = std::min<std::size_t>(space.len, bytes.size() - taken);
    std::memcpy(space.data, bytes.data() + taken, len);
    taken += len;
    status = commit_above(level, len);
  }
  return status;
}

tenon_span StackedLink::reserve_above(const Level& level) {
  const std::size_t next = level.index + 1;
  if (next == levels_.size() && above_) return worker_.stack().user().events->rx_reserve(above_);
  const std::span<std::uint8_t> buffer = worker_.input_buffer(std::min(next, levels_.size() - 1));
  return {buffer.data(), buffer.size()};
}

tenon_status StackedLink::commit_above(const Level& level, std::uint64_t len) {
  if (failure_ != TENON_OK) return failure_;
  const std::size_t next = level.index + 1;
  if (next < levels_.size())
    return len == 0 ? TENON_OK : feed(levels_[next], {worker_.input_buffer(next).data(), len});
  if (!above_) return TENON_E_STATE;
  const tenon_status status = worker_.stack().user().events->rx_commit(above_, len);
  if (status == TENON_OK || status == TENON_AGAIN) above_wants_ = status == TENON_OK;
  return status;
}

tenon_status StackedLink::on_ready(Level& level) {
  level.ready = true;
  if (opened_) return TENON_OK;
  if (!std::all_of(levels_.begin(), levels_.end(), [](const Level& one) { return one.ready; }))
    return TENON_OK;
  cancel_deadline();
  const LinkUser& user = worker_.stack().user();
  opened_ = true;
  const tenon_status status = user.events->on_open(user_, worker_.worker().index(),
                                                   reinterpret_cast<tenon_conn*>(this), &peer_, &above_);
  if (status != TENON_OK) {
    above_ = nullptr;
    fail(&level, status);  // whatever the filter makes of it
  }
  return status;
}

void StackedLink::add_fact(std::uint32_t key, std::string_view value) {
  if (value.size() > fact_bytes_max) return;
  switch (key) {
    case TENON_FACT_TLS_VERSION:
      facts_.tls_version = value;
      break;
    case TENON_FACT_TLS_CIPHER:
      facts_.tls_cipher = value;
      break;
    case TENON_FACT_TLS_SNI:
      facts_.tls_sni = value;
      break;
    case TENON_FACT_TLS_ALPN:
      facts_.tls_alpn = value;
      break;
    case TENON_FACT_CERT_SUBJECT:
      facts_.cert_subject = value;
      break;
    case TENON_FACT_CERT_DER:
      if (facts_.cert_chain.size() < chain_count_max)
        facts_.cert_chain.emplace_back(value.begin(), value.end());
      break;
    case TENON_FACT_CERT_VERIFIED:
      facts_.cert_verified = true;
      break;
    case TENON_FACT_USERNAME:
      facts_.username = value;
      break;
    case TENON_FACT_SUBPROTOCOL:
      facts_.subprotocol = value;
      break;
    default:
      break;
  }
}

void StackedLink::set_reading(bool on) {
  above_wants_ = on;
  if (on) worker_.mark(*this);
}

void StackedLink::resume() {
  // From the top: what waits there is older.
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (!std::exchange(level->held, false)) continue;
    const std::vector<std::uint8_t> waiting = std::exchange(level->stash, {});
    if (feed(*level, waiting) != TENON_OK) return;
  }
  if (!above_wants_) return;
  reading_ = true;
  const host::PluginScope scope(worker_.stack().transport().tag());
  worker_.stack().transport().transport().set_reading(conn_, 1);
}

// Outgoing.

StackedLink::Level* StackedLink::top() {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
    if (!level->aside) return &*level;
  return nullptr;
}

std::uint64_t StackedLink::send(std::span<const tenon_bytes> spans) {
  const std::size_t offered = bytes_of(spans);
  std::uint64_t sent = 0;
  // What filters have put in this turn leaves first; else the user's last words would have to wait behind it.
  if (!in_callback_) flush();
  if (Level* const level = top(); !level) {
    if (!has_output() && !write_blocked_) sent = send_now(spans);
  } else {
    std::array<tenon_bytes, piece_spans_max> piece;
    std::size_t begun = 0;  // of the first span
    while (sent < offered && !has_output() && !write_blocked_ && failure_ == TENON_OK) {
      std::size_t count = 0;
      std::size_t len = 0;
      while (!spans.empty() && count < piece.size() && len < piece_bytes_max) {
        const std::size_t part = std::min<std::size_t>(spans.front().len - begun, piece_bytes_max - len);
        piece[count++] = {spans.front().data + begun, part};
        len += part;
        begun += part;
        if (begun < spans.front().len) break;
        spans = spans.subspan(1);
        begun = 0;
      }
      const host::PluginScope scope(level->filter->tag());
      const tenon_status status =
          level->filter->filter().send_v(level->conn, piece.data(), static_cast<std::uint32_t>(count));
      if (status != TENON_OK) fail(level, status);
      sent += len;
    }
  }
  if (sent < offered) above_blocked_ = true;
  return sent;
}

void StackedLink::put_below(const Level& level, std::span<const tenon_bytes> spans) {
  for (std::size_t i = level.index; i-- > 0;) {
    Level& below = levels_[i];
    if (below.aside) continue;
    const host::PluginScope scope(below.filter->tag());
    const tenon_status status =
        below.filter->filter().send_v(below.conn, spans.data(), static_cast<std::uint32_t>(spans.size()));
    if (status != TENON_OK) fail(&below, status);
    return;
  }
  put_out(spans);
}

void StackedLink::put_out(std::span<const tenon_bytes> spans) {
  std::uint64_t skip = 0;
  if (!in_callback_ && !has_output() && !write_blocked_ && conn_) skip = send_now(spans);
  for (const tenon_bytes& span : spans) {
    const std::uint64_t gone = std::min<std::uint64_t>(skip, span.len);
    skip -= gone;
    output_.insert(output_.end(), span.data + gone, span.data + span.len);
  }
  if (has_output()) worker_.mark(*this);
}

std::uint64_t StackedLink::send_now(std::span<const tenon_bytes> spans) {
  host::Instance& transport = worker_.stack().transport();
  const host::PluginScope scope(transport.tag());
  std::uint64_t taken = 0;
  transport.transport().send_v(conn_, spans.data(), static_cast<std::uint32_t>(spans.size()), &taken);
  if (taken < bytes_of(spans)) write_blocked_ = true;
  return taken;
}

void StackedLink::flush() {
  if (!has_output() || write_blocked_ || !conn_) return;
  const tenon_bytes rest{output_.data() + output_at_, output_.size() - output_at_};
  output_at_ += send_now({&rest, 1});
  if (!has_output()) {
    output_ = {};
  } else if (output_at_ > std::max(sent_output_bytes_max, output_.size() - output_at_)) {
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(output_at_));
  } else {
    return;
  }
  output_at_ = 0;
}

void StackedLink::on_writable() {
  write_blocked_ = false;
  if (top() || has_output()) {
    worker_.mark(*this);
  } else if (std::exchange(above_blocked_, false) && above_) {
    worker_.stack().user().events->on_writable(above_);
  }
}

void StackedLink::end_of_turn() {
  marked_ = false;
  if (!conn_) return;
  flush();
  if (closing_) {
    if (!has_output() || failure_ != TENON_OK) close_transport(TENON_CLOSE_FLUSH);
    return;
  }
  if (failure_ != TENON_OK) {
    report_end();
    finish(sound_count_);
    return end(TENON_CLOSE_FLUSH);
  }
  if (!has_output() && !write_blocked_ && above_ && std::exchange(above_blocked_, false))
    worker_.stack().user().events->on_writable(above_);
  const bool too_much = output_.size() - output_at_ > unread_output_bytes_max;
  if (!reading_ && above_wants_ && !too_much && !waits_) resume();
  if (failure_ != TENON_OK) worker_.mark(*this);
}

// Its end.

void StackedLink::fail(const Level* level, tenon_status status) {
  if (failure_ != TENON_OK) return;
  failure_ = status < 0 ? status : TENON_E_INTERNAL;
  sound_count_ = level ? level->index : levels_.size();
  if (level) failed_filter_ = level->filter->name();
  if (fault_.empty() && failure_ != TENON_E_CLOSED) fault_ = host::describe(failure_, host::fresh_error());
  worker_.mark(*this);
}

// Tells the user, or whoever counts what never reached it.
void StackedLink::report_end() {
  cancel_deadline();
  const LinkUser& user = worker_.stack().user();
  if (above_) {
    user.events->on_closed(std::exchange(above_, nullptr), failure_, 0);
  } else if (!std::exchange(opened_, true)) {
    user.on_refused(user_, worker_.worker().index(), peer_, failure_, failed_filter_, fault_);
  }
}

void StackedLink::on_closed(tenon_status why, std::int32_t native_errno) {
  conn_ = nullptr;
  const LinkUser& user = worker_.stack().user();
  if (above_) {
    user.events->on_closed(std::exchange(above_, nullptr), why, native_errno);
  } else {
    if (fault_.empty()) fault_ = "the peer went before the handshake was over";
    report_end();
  }
  release_filters();
  worker_.mark(*this);
}

void StackedLink::start_deadline(std::int64_t after_ns) {
  cancel_deadline();
  deadline_armed_ = true;
  deadline_ = worker_.worker().start_timer(after_ns, &StackedLink::on_deadline, this);
}

void StackedLink::cancel_deadline() {
  if (std::exchange(deadline_armed_, false)) worker_.worker().cancel_timer(deadline_);
}

void StackedLink::on_deadline(void* self) {
  auto& link = *static_cast<StackedLink*>(self);
  link.deadline_armed_ = false;
  link.fault_ = "the handshake took too long";
  link.fail(nullptr, TENON_E_TIMEOUT);
}

void StackedLink::close(std::uint32_t flags) {
  above_ = nullptr;
  if ((flags & TENON_CLOSE_FLUSH) != 0 && failure_ == TENON_OK) finish(levels_.size());
  end(flags);
  worker_.mark(*this);
}

void StackedLink::finish(std::size_t count) {
  while (count-- > 0) {
    const Level& level = levels_[count];
    if (level.aside || !level.ready) continue;
    const host::PluginScope scope(level.filter->tag());
    level.filter->filter().finish(level.conn);
  }
  flush();
}

// What was taken from above is delivered, as the transport does with what it has taken.
void StackedLink::end(std::uint32_t flags) {
  if ((flags & TENON_CLOSE_FLUSH) == 0 || !has_output()) return close_transport(flags);
  release_filters();
  closing_ = true;
  failure_ = TENON_OK;  // it was told
  start_deadline(farewell_ns);
}

void StackedLink::crowd_out() {
  fault_ = "too many were in their handshakes, this one for the longest time";
  fail(nullptr, TENON_E_BUSY);
}

void StackedLink::abandon() {
  if (conn_) close_transport(0);
}

void StackedLink::close_transport(std::uint32_t flags) {
  cancel_deadline();
  release_filters();
  host::Instance& transport = worker_.stack().transport();
  const host::PluginScope scope(transport.tag());
  transport.transport().close(std::exchange(conn_, nullptr), flags);
}

void StackedLink::release_filters() {
  for (Level& level : levels_) {
    if (!level.conn) continue;
    const host::PluginScope scope(level.filter->tag());
    level.filter->filter().close(std::exchange(level.conn, nullptr));
  }
}

}  // namespace tenon::stack
