#include "store/keeper.h"

#include "store/peer_messages.h"

namespace tenon::store {

namespace {

// How often the lead of what can not be kept here is offered to others.
constexpr std::int64_t hand_over_interval_ns = 100 * ns_per_ms;
// How often this node's links are compared with those of others.
constexpr std::int64_t links_interval_ns = ns_per_s;
// How long a node that is linked is waited for that has said nothing yet.
constexpr std::int64_t contact_patience_ns = 2 * ns_per_s;

}  // namespace

Keeper::Keeper(const ReplicasOptions& options, kv::SourceId source, const Replication& plugin,
               Journal& journal, PeerPort& peers, KeeperPorts& ports, Replicas::MakeMachine make_machine)
    : self_(options.self),
      peers_(peers),
      ports_(ports),
      replicas_(options, plugin, journal, *this, std::move(make_machine)),
      client_(source, ranges_, *this),
      own_(options.self, replicas_, peers, *this),
      led_(
          options.self, replicas_, peers, [this](StoreId store) { return ports_.member_policy(store); },
          [this](const RangeId& range, const std::string& what) { ports_.members_report(range, what); }),
      merges_(options.self, replicas_, own_, peers),
      recoveries_(
          options.self, replicas_, own_, ranges_, peers, journal,
          [this](Ticket ticket, AnswerCode code, const std::string& text) {
            ports_.finished(ticket, {code, NodeId::none, text, 0, {}});
          },
          [this](const RangeId& range, const std::string& what) { ports_.recovery_report(range, what); },
          [this](const GivenUp& given_up) { return ports_.keep_given_up(given_up); },
          [this](const RangeId& range, const kv::Descriptor& descriptor) { go_by(range, descriptor); }),
      spreads_(options.self, reach_, *this, first_question_id(source)) {}

Status Keeper::add(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state) {
  if (ranges_.learn(record.id, record.descriptor)) ports_.range_changed(record.id, record.descriptor);
  return replicas_.add(record, engine, hard_state);
}

Status Keeper::open_replica(const kv::RangeRecord& record, Engine& engine) {
  if (Status added = add(record, engine, {}); !added.ok()) return added;
  ports_.replica_opened(record);
  return {};
}

void Keeper::learn(const RangeId& range, const kv::Descriptor& descriptor) {
  if (!recoveries_.puts_off(range, descriptor)) go_by(range, descriptor);
}

void Keeper::go_by(const RangeId& range, const kv::Descriptor& descriptor) {
  if (ranges_.learn(range, descriptor)) ports_.range_changed(range, descriptor);
  if (!ranges_.is_past(range, descriptor)) own_.on_hearsay(range, descriptor);
}

void Keeper::submit(Request&& request) {
  client_.submit(std::move(request), now_ns_);
}

bool Keeper::on_message(NodeId from, PeerMessage kind, std::string_view body) {
  make_contact(from);
  switch (kind) {
    case PeerMessage::group:
      return on_group(from, body);
    case PeerMessage::request:
      return on_request(from, body);
    case PeerMessage::answer:
      return on_answer_message(body);
    case PeerMessage::notice:
      ports_.noticed(body);
      return true;
    case PeerMessage::ranges:
      ports_.heard_of_ranges(from, body);
      return true;
    case PeerMessage::snapshot:
      return replicas_.on_snapshot(from, body);
    case PeerMessage::range:
      return on_range(body);
    case PeerMessage::members:
      return on_members(from, body);
    case PeerMessage::merge:
      return on_merge(from, body);
    case PeerMessage::recovery:
      return on_recovery(from, body);
    case PeerMessage::links:
      return reach_.on_message(from, body);
    case PeerMessage::facts:
      break;
  }
  return false;
}

bool Keeper::on_merge(NodeId from, std::string_view body) {
  const auto message = read_merge_message(body);
  if (!message) return false;
  merges_.on_message(from, *message);
  return true;
}

bool Keeper::on_recovery(NodeId from, std::string_view body) {
  const auto message = read_recovery_message(body);
  if (!message) return false;
  recoveries_.on_message(from, *message);
  return true;
}

bool Keeper::on_members(NodeId from, std::string_view body) {
  const auto message = read_member_message(body);
  if (!message) return false;
  switch (message->kind) {
    case MemberMessage::Kind::open:
      if (recoveries_.puts_off(message->range, message->descriptor)) break;
      ranges_.learn(message->range, message->descriptor);
      [[fallthrough]];
    case MemberMessage::Kind::gone:
    case MemberMessage::Kind::settled:
      own_.on_message(from, *message);
      break;
    case MemberMessage::Kind::opened:
    case MemberMessage::Kind::lost:
    case MemberMessage::Kind::ask:
      led_.on_message(from, *message);
      break;
  }
  return true;
}

bool Keeper::on_group(NodeId from, std::string_view body) {
  const auto message = read_group_message(body);
  if (!message) return false;
  tenon_peer_message one{};
  one.node = static_cast<std::uint64_t>(from);
  one.group = {message->range.number, message->range.incarnation};
  one.payload = to_abi(message->payload);
  if (!replicas_.find(message->range))
    if (const kv::Descriptor* descriptor = ranges_.descriptor(message->range))
      own_.on_hearsay(message->range, *descriptor);
  replicas_.step({&one, 1});
  return true;
}

bool Keeper::on_request(NodeId from, std::string_view body) {
  const auto message = read_request_message(body);
  if (!message) return false;
  const ReplyTo to{from, message->id};
  if (message->kind == Request::Kind::applied && spreads_.relay(message->range, message->command.text, to))
    return true;
  request(message->range, message->kind, message->command, to);
  return true;
}

void Keeper::request(const RangeId& range, Request::Kind kind, const kv::Command& command,
                     const ReplyTo& to) {
  if (replicas_.find(range)) return replicas_.request(range, kind, command, to);
  // A replica of a range that was split off comes when this node gets to that.
  const bool comes = kind == Request::Kind::applied && may_get_replica(range);
  answer(to, {comes ? AnswerCode::busy : AnswerCode::not_leader, NodeId::none, {}, 0, {}});
}

bool Keeper::may_get_replica(const RangeId& range) const {
  if (ranges_.has_ended(range)) return false;
  const kv::Descriptor* descriptor = ranges_.descriptor(range);
  return !descriptor || kv::has_member(descriptor->members, self_);
}

bool Keeper::on_answer_message(std::string_view body) {
  auto message = read_answer_message(body);
  if (!message) return false;
  take_answer(message->id, std::move(message->answer));
  return true;
}

bool Keeper::on_range(std::string_view body) {
  const auto message = read_range_message(body);
  if (!message) return false;
  learn(message->range, message->descriptor);
  return true;
}

// Each member tells everybody, so that nobody depends on one that fails just then. Who has no link now is
// told everything once it has one.
void Keeper::tell_what_changed() {
  for (const auto& [range, descriptor] : std::exchange(changed_, {})) {
    learn(range, descriptor);
    for (const NodeId node : reach_.up())
      peers_.send(node, PeerMessage::range, write_range_message({range, descriptor}));
  }
}

void Keeper::on_peer(NodeId node, bool up, const PeerStart& start) {
  if (up && start.number != 0) replicas_.node_started(node, start.number);
  if (up) replicas_.node_knows(node, start.commands);
  replicas_.peer_state(node, up);
  own_.on_peer(node, up);
  led_.on_peer(node, up);
  merges_.on_peer(node, up);
  recoveries_.on_peer(node, up);
  reach_.on_peer(node, up);
  end_wait_for_contact(node);
  if (up) {
    unheard_.emplace(node, now_ns_);
    return;
  }
  client_.on_node_lost(node, now_ns_);
  tell_links();
  spreads_.on_link_lost(node);
}

void Keeper::tell_links() {
  const std::optional<std::string> news = reach_.take_news();
  if (!news) return;
  for (const NodeId node : reach_.up()) peers_.send(node, PeerMessage::links, std::string(*news));
}

// From its first message on the other node is known to know of the link, and acknowledges nothing more
// without this one; what it has before, a question of now finds.
void Keeper::make_contact(NodeId node) {
  if (!unheard_.contains(node)) return;
  replicas_.renew_contact();
  end_wait_for_contact(node);
}

void Keeper::end_wait_for_contact(NodeId node) {
  if (unheard_.erase(node) > 0) ports_.contact_settled(node);
}

// Whoever is linked and says nothing is not waited for.
void Keeper::look_at_silent_nodes() {
  for (auto next = unheard_.begin(); next != unheard_.end();) {
    const auto [node, since_ns] = *next++;
    if (now_ns_ - since_ns >= contact_patience_ns) make_contact(node);
  }
}

void Keeper::tick(MonoNs now_ns, UnixMs unix_ms) {
  now_ns_ = now_ns;
  replicas_.tick(now_ns, unix_ms);
  client_.tick(now_ns);
  look_at_silent_nodes();
  tell_links();
  spreads_.tick(now_ns);
  own_.tick(now_ns);
  led_.tick(now_ns);
  merges_.tick(now_ns);
  recoveries_.tick(now_ns, unix_ms);
  exports_.tick(now_ns);
  hand_over_what_can_not_be_kept();
  hand_over_to_who_is_linked_to_more();
  if (!log_failure_.empty()) replicas_.give_up_followers(log_failure_);
}

void Keeper::log_failed(const std::string& why) {
  log_failure_ = why;
  log_refuses(true);
}

bool Keeper::rests() const {
  return replicas_.rests() && client_.open_count() == 0 && spreads_.empty() && unheard_.empty() &&
         !reach_.has_news();
}

void Keeper::hand_over_what_can_not_be_kept() {
  if (now_ns_ - handed_over_ns_ < hand_over_interval_ns) return;
  handed_over_ns_ = now_ns_;
  if (!log_refuses_ && !replicas_.has_failing()) return;
  led_.hand_over(
      [this](const Replica& replica) { return log_refuses_ || replicas_.is_failing(replica.engine()); });
}

// Who has no link to the leader of a range gets nothing of it, while others that it is linked to do.
void Keeper::hand_over_to_who_is_linked_to_more() {
  if (now_ns_ - looked_at_links_ns_ < links_interval_ns) return;
  looked_at_links_ns_ = now_ns_;
  std::set<NodeId> nodes = reach_.with_more_links(now_ns_);
  for (const NodeId node : no_heirs_) nodes.erase(node);
  if (!nodes.empty()) led_.hand_over({}, [&](NodeId node) { return nodes.contains(node); });
}

bool Keeper::turn() {
  bool more = replicas_.turn();
  recoveries_.turn();
  have_failed_rebuilt();
  for (const Absorbed& one : std::exchange(absorbed_, {})) own_.absorbed(one.range, *one.engine);
  more = own_.turn() || more;
  answer_state_asks();
  hand_out_answers();
  return more || !answers_.empty();
}

// Not from inside the replicas' calls: a state is flushed before it is frozen.
void Keeper::answer_state_asks() {
  for (const StateAsk& ask : std::exchange(state_asks_, {}))
    answer(ask.to, exports_.answer(ask.range, ask.question, now_ns_));
}

// One that was opened from the engine again would be what it was when it was flushed last.
void Keeper::have_failed_rebuilt() {
  for (const RangeId& range : std::exchange(failed_, {}))
    if (const Replica* replica = replicas_.find(range)) own_.lost(replica->range().record());
}

// Not from inside the replicas' calls: an answer may lead to another request.
void Keeper::hand_out_answers() {
  tell_what_changed();
  for (const auto& [range, leader] : std::exchange(leaders_, {})) {
    client_.on_leader(range, leader, now_ns_);
    ports_.leader_changed(range, leader);
  }
  for (LocalAnswer& one : std::exchange(answers_, {})) take_answer(one.id, std::move(one.answer));
}

void Keeper::take_answer(std::uint64_t id, Answer&& answer) {
  if ((id & Spreads::id_bit) != 0) return spreads_.on_answer(id, answer.code);
  if (answer.code == AnswerCode::wrong_range) (void)on_range(answer.text);
  client_.on_answer(id, std::move(answer), now_ns_);
}

void Keeper::finished(const Request& request, const RangeId& range, Answer&& answer) {
  if (!(request.everywhere || request.here) || !is_applied(answer.code) || answer.index == 0)
    return ports_.finished(request.ticket, std::move(answer));
  tell_links();
  spreads_.begin(request, range, std::move(answer));
}

void Keeper::ask(NodeId node, const RangeId& range, Request::Kind kind, const kv::Command& command,
                 std::uint64_t id) {
  if (node == self_) return request(range, kind, command, {NodeId::none, id});
  peers_.send(node, PeerMessage::request, write_request_message({range, kind, command, id}));
}

// A voter that this node has a link to. Where it has a replica, that one knows best: whom it follows is asked
// again, as a leader that refused while it handed its lead over may be left with it.
NodeId Keeper::guess(const RangeId& range, std::uint64_t turn) {
  const kv::Descriptor* descriptor = ranges_.descriptor(range);
  const Replica* own = replicas_.find(range);
  if (own && !own->failed() && !own->is_blank()) return own->leader();
  if (!descriptor) return NodeId::none;
  std::vector<NodeId> voters;
  for (const NodeId node : descriptor->members.voters)
    if (reach_.up().contains(node)) voters.push_back(node);
  return voters.empty() ? NodeId::none : voters[turn % voters.size()];
}

void Keeper::send(std::span<const tenon_peer_message> messages) {
  for (const tenon_peer_message& message : messages)
    peers_.send(
        NodeId{message.node}, PeerMessage::group,
        write_group_message({{message.group.range, message.group.incarnation}, to_text(message.payload)}));
}

void Keeper::answer(const ReplyTo& to, Answer&& answer) {
  if (to.node == NodeId::none)
    answers_.push_back({to.id, std::move(answer)});
  else
    peers_.send(to.node, PeerMessage::answer, write_answer_message({to.id, std::move(answer)}));
}

void Keeper::notify(const kv::Notice& notice) {
  if (notice.node == self_ || notice.node == NodeId::none)
    ports_.noticed(notice.text);
  else
    peers_.send(notice.node, PeerMessage::notice, std::string(notice.text));
}

void Keeper::leader_changed(const RangeId& range, NodeId leader) {
  leaders_.emplace_back(range, leader);
}

}  // namespace tenon::store
