#include "store/store_thread.h"

namespace tenon::store {

namespace {

constexpr std::int64_t tick_ns = 10 * ns_per_ms;
// While nothing is under way: it saves 0.6 % of a core. Shorter than the replication plugin's tick, which
// takes one tick at most from each of ours.
constexpr std::int64_t rest_tick_ns = 40 * ns_per_ms;
// How long a stop waits for requests that are open.
constexpr std::int64_t settle_wait_ns = 500 * ns_per_ms;
// Tickets of orders, and of ask(), are those of workers that are none.
constexpr std::uint32_t order_worker = 0xffff;
constexpr std::uint32_t asking_worker = 0xfffe;

}  // namespace

StoreThread::StoreThread(const StoreThreadOptions& options, const Clock& clock, GateListener& listener,
                         StoreEvents events, std::unique_ptr<runtime::LoopThread> thread)
    : options_(options),
      clock_(clock),
      listener_(listener),
      events_(std::move(events)),
      thread_(std::move(thread)) {}

StoreThread::~StoreThread() {
  stop();
}

Result<std::unique_ptr<StoreThread>> StoreThread::create(const StoreThreadOptions& options,
                                                         const Clock& clock, const Replication& plugin,
                                                         Journal& journal, PeerPort& peers,
                                                         GateListener& listener, StoreEvents events,
                                                         Replicas::MakeMachine make_machine) {
  auto thread = runtime::LoopThread::create("tenon-store");
  if (!thread.ok()) return thread.error();
  std::unique_ptr<StoreThread> self(
      new StoreThread(options, clock, listener, std::move(events), std::move(thread).value()));
  StoreThread& store = *self;
  runtime::Worker& loop = store.thread_->loop();
  LogWriter::Events log_events;
  log_events.on_durable = [&store](std::uint64_t sequence) { store.keeper_->persisted(sequence); };
  log_events.on_full = [&store, name = journal.name()](const std::string& why) {
    store.events_.storage_failed(name, why);
  };
  log_events.on_room = [&store, name = journal.name()] { store.events_.storage_recovered(name); };
  log_events.on_failed = [&store, on_full = log_events.on_full](const std::string& why) {
    on_full(why);
    store.keeper_->log_failed(why);
    if (store.events_.log_failed) store.events_.log_failed();
  };
  log_events.on_damaged = [&store](const tenon_group_id& group, const std::string& why) {
    store.keeper_->log_damaged({group.range, group.incarnation}, why);
  };
  auto log = LogWriter::create(journal, loop, std::move(log_events));
  if (!log.ok()) return log.error();
  store.log_ = std::move(log).value();
  KeeperPorts& ports = store;
  store.keeper_ = std::make_unique<Keeper>(options.replicas, options.source, plugin, journal, peers, ports,
                                           std::move(make_machine));
  if (options.start_number != 0) store.keeper_->on_own_start(options.start_number);
  if (Status opened = store.keeper_->open(); !opened.ok()) return opened.error();
  loop.add_turn_hook(&StoreThread::on_turn, self.get());
  store.tick();
  store.set_timer();
  return self;
}

Status StoreThread::open_range(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state) {
  if (Status added = keeper_->add(record, engine, hard_state); !added.ok()) return added;
  events_.range_opened(record.id, record.descriptor);
  return {};
}

Status StoreThread::start() {
  if (Status started = log_->start(); !started.ok()) return started;
  return thread_->start();
}

void StoreThread::stop() {
  if (thread_->running()) {
    std::latch done(1);
    thread_->loop().post(make_task([this, &done] {
      stopping_ = &done;
      settle_ns_ = clock_.mono_ns() + settle_wait_ns;
    }));
    done.wait();
  }
  thread_->stop();
  log_->stop();
}

void StoreThread::submit(std::vector<Request>&& requests) {
  std::size_t bytes = 0;
  for (const Request& request : requests) bytes += request.size_bytes();
  waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  submitted_.fetch_add(requests.size(), std::memory_order_release);
  thread_->loop().post(make_task([this, bytes, requests = std::move(requests)]() mutable {
    waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    taken_ += requests.size();
    for (Request& request : requests) keeper_->submit(std::move(request));
  }));
}

void StoreThread::on_message(NodeId from, PeerMessage kind, std::string&& body, Receipt&& receipt) {
  thread_->loop().post(make_task([this, from, kind, body = std::move(body), receipt = std::move(receipt)] {
    // One that does not hold together is as good as lost; the link's own checks have let it through.
    (void)keeper_->on_message(from, kind, body);
  }));
}

void StoreThread::on_peer(NodeId node, bool up, const PeerStart& start) {
  thread_->loop().post(make_task([this, node, up, start] {
    keeper_->on_peer(node, up, start);
    events_.peer_changed(node, up);
    // Also when it is gone: it may have led ranges that this node has no replica of, and have told nobody of
    // the last that they had for its sessions.
    listener_.notices_lost();
  }));
}

void StoreThread::run(std::function<void(Keeper&)> fn) {
  thread_->loop().post(make_task([this, fn = std::move(fn)] { fn(*keeper_); }));
}

void StoreThread::order(std::uint64_t number, const Order& order) {
  Request request;
  request.kind = Request::Kind::order;
  request.range = order.range;
  request.text = encode(order);
  request.ticket = ticket_of(order_worker, number);
  request.deadline_ns = clock_.mono_ns() + patience_of(order);
  run([request = std::move(request)](Keeper& keeper) mutable { keeper.submit(std::move(request)); });
}

void StoreThread::ask(Request&& request, std::function<void(Answer&& answer)> answered) {
  run([this, request = std::move(request), answered = std::move(answered)](Keeper& keeper) mutable {
    const std::uint64_t number = ++last_asked_;
    asked_.emplace(number, std::move(answered));
    request.ticket = ticket_of(asking_worker, number);
    keeper.submit(std::move(request));
  });
}

void StoreThread::recover(std::uint64_t number, const RecoverRange& what) {
  run([ticket = ticket_of(order_worker, number), what](Keeper& keeper) { keeper.recover(ticket, what); });
}

void StoreThread::range_changed(const RangeId& range, const kv::Descriptor& descriptor) {
  if (events_.range_changed) events_.range_changed(range, descriptor);
}

void StoreThread::compact(const RangeId& range, const kv::LogPoint& base) {
  log_->compact({range.number, range.incarnation}, {base.index, base.term});
}

void StoreThread::leader_changed(const RangeId& range, NodeId leader) {
  events_.leader_changed(range, leader);
  const Replica* replica = keeper_->replicas().find(range);
  const bool has_sessions = !replica || replica->range().descriptor().store == StoreId::inbox;
  if (has_sessions && leader != NodeId::none) listener_.notices_lost();
}

void StoreThread::finished(Ticket ticket, Answer&& answer) {
  if (worker_of(ticket) == order_worker) {
    if (events_.order_finished) events_.order_finished(number_of(ticket), answer);
    return;
  }
  if (worker_of(ticket) == asking_worker) {
    if (auto asked = asked_.extract(number_of(ticket))) asked.mapped()(std::move(answer));
    return;
  }
  finished_[worker_of(ticket)].push_back({ticket, std::move(answer)});
}

void StoreThread::on_timer(void* self) {
  auto* store = static_cast<StoreThread*>(self);
  store->timer_.reset();
  store->tick();
}

void StoreThread::tick() {
  ticked_ns_ = clock_.mono_ns();
  keeper_->log_refuses(log_->refuses());
  keeper_->tick(ticked_ns_, clock_.unix_ms());
}

// The tick that is on its way stays if it is soon enough.
void StoreThread::set_timer() {
  const bool rests = keeper_->rests();
  runtime::Worker& loop = thread_->loop();
  if (timer_ && rests_ && !rests) {
    (void)loop.cancel_timer(*timer_);
    timer_.reset();
  }
  if (!timer_) timer_ = loop.start_timer(rests ? rest_tick_ns : tick_ns, &StoreThread::on_timer, this);
  rests_ = rests;
}

void StoreThread::on_turn(void* self) {
  static_cast<StoreThread*>(self)->turn();
}

void StoreThread::turn() {
  // What has come in is seen to by the present time.
  if (rests_ && clock_.mono_ns() - ticked_ns_ >= tick_ns) tick();
  if (keeper_->turn()) thread_->loop().request_turn();
  open_bytes_.store(keeper_->client().open_bytes(), std::memory_order_relaxed);
  log_->flush();
  hand_out();
  set_timer();
  // What was asked from within the node is none of them.
  answered_.store(taken_ + asked_.size() - keeper_->client().open_count(), std::memory_order_release);
  if (stopping_) settle_when_idle();
}

void StoreThread::settle_when_idle() {
  if (keeper_->client().open_count() > 0 && clock_.mono_ns() < settle_ns_) return;
  // What an engine does not take is in the log; whose failure it is was told.
  (void)keeper_->settle();
  std::exchange(stopping_, nullptr)->count_down();
}

void StoreThread::hand_out() {
  for (auto& [worker, finished] : finished_)
    if (!finished.empty()) listener_.answers(worker, std::exchange(finished, {}));
  for (const std::string& text : std::exchange(noticed_, {})) listener_.noticed(text);
}

}  // namespace tenon::store
