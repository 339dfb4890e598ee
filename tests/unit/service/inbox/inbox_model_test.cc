#include "inbox/inbox_model.h"

#include "inbox/inbox_fixture.h"
#include "support/sim_random.h"

namespace tenon::service::inbox {
namespace {

using mqtt::QoS;

// Random work on few sessions, checked against the model after each step; every command also goes to a second
// replica, whose machine is loaded anew now and then.
class InboxAgainstModel : public InboxFixture, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  std::string some_client() { return std::string(1, static_cast<char>('a' + random.below(4))); }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[random.below(values.size())];
  }

  template <class T>
  typename T::Reply both(const T& op) {
    CommandBuilder builder;
    builder.add(op);
    const std::string command = builder.take();
    std::string again;
    std::vector<kv::Notice> unused;
    const kv::ApplyContext context{now_ms, index + 1, unused};
    if (random.percent(10)) other = std::make_unique<InboxMachine>(random.next());
    if (random.percent(10) || other->counts() != machine.counts()) {
      EXPECT_TRUE(other->load(other_state).ok());
    }
    EXPECT_TRUE(other->apply(context, command, other_state, again).ok());
    std::string& reply = texts.emplace_back();
    EXPECT_TRUE(apply_text(command, reply).ok());
    EXPECT_EQ(reply, again);
    ReplyReader reader(reply);
    note_wills();
    return *reader.next<T>();
  }
  void note_wills() {
    for (const auto& due : told<WillIsDue>(kv::NodeId::none)) note(due.owner.client_id, due.will);
  }
  void note(std::string_view client, const DueWill& will) {
    wills.emplace(will.id.number, will.id.epoch);
    undone_wills.emplace_back(client, will.id);
  }
  // A later will of the same session is handed out when an earlier one is done.
  void confirm_wills() {
    while (!undone_wills.empty()) {
      const auto [client, id] = undone_wills.front();
      undone_wills.pop_front();
      EXPECT_EQ(both(WillDone{{"", client}, id}).status, OpStatus::ok);
    }
  }

  // What a link that may be an old one says of itself.
  Held some_held(const std::string& client) {
    const auto at = model.sessions.find(client);
    if (at == model.sessions.end()) return {{"", client}, 1, 1};
    const auto& [number, epoch] = std::pair(at->second.number, at->second.epoch);
    if (random.percent(15)) return {{"", client}, number, epoch - 1};
    if (random.percent(10)) return {{"", client}, number + 1, epoch};
    return {{"", client}, number, epoch};
  }
  OpStatus expected(const std::string& client, const Held& by) {
    const auto at = model.sessions.find(client);
    if (at == model.sessions.end() || at->second.number != by.number) return OpStatus::gone;
    return at->second.attached && at->second.epoch == by.epoch ? OpStatus::ok : OpStatus::stale;
  }

  void do_attach() {
    const std::string client = some_client();
    Attach op{{"", client},
              ++candidate,
              random.percent(20),
              one_of({0u, 5u, 50u, never_expires_s}),
              Holder{kv::NodeId{1 + random.below(3)}, 1, random.next()},
              {}};
    if (random.percent(40)) op.will = Attach::Will{message("w", "x"), one_of({0u, 3u, 100u})};
    const auto reply = both(op);
    bool present = false;
    EXPECT_EQ(reply.epoch, model.attach(client, op, now_ms, present));
    EXPECT_EQ(reply.present, present);
    if (reply.will) note(client, *reply.will);
    if (reply.epoch == 0) return;
    const auto& session = model.sessions.at(client);
    EXPECT_EQ(reply.number, session.number);
    EXPECT_EQ(reply.next_number, session.next);
    EXPECT_EQ(reply.first_number, session.items.empty() ? session.next : session.items.begin()->first);
    EXPECT_TRUE(std::equal(reply.received_ids.begin(), reply.received_ids.end(), session.received.begin(),
                           session.received.end()));
    const auto again = both(op);
    EXPECT_EQ(again.epoch, reply.epoch);
  }
  void do_detach() {
    const std::string client = some_client();
    const Detach op{some_held(client), one_of({0u, 5u, 50u, never_expires_s}),
                    one_of({WillFate::drop, WillFate::keep})};
    const OpStatus status = expected(client, op.held);
    const auto reply = both(op);
    EXPECT_EQ(reply.status, status);
    if (reply.will) note(client, *reply.will);
    if (status == OpStatus::ok) model.detach(client, op.expiry_s, op.will, now_ms);
    EXPECT_NE(both(op).status, OpStatus::ok);
  }
  void do_abandon() {
    const std::string client = some_client();
    Abandon op{{"", client}, Holder{kv::NodeId{1}, 1, 1}, 1};
    const auto at = model.sessions.find(client);
    if (at == model.sessions.end()) {
      EXPECT_EQ(both(op).status, OpStatus::gone);
      return;
    }
    op.holder = at->second.holder;
    op.candidate = at->second.candidate - (random.percent(20) ? 1 : 0);
    const bool holds = at->second.attached && op.candidate == at->second.candidate;
    const auto reply = both(op);
    EXPECT_EQ(reply.status, holds ? OpStatus::ok : OpStatus::stale);
    EXPECT_FALSE(reply.will);
    if (holds) model.detach(client, at->second.expiry_s, WillFate::drop, now_ms);
  }
  void do_append() {
    limits = {one_of({3u, 6u}), one_of<std::uint64_t>({20, 1000}),
              one_of({Overflow::refuse_newest, Overflow::drop_oldest})};
    const std::string payload(random.below(10), 'p');
    const UnixMs expires_at_ms = random.percent(30) ? now_ms + static_cast<UnixMs>(random.below(8000)) : 0;
    Append op{message("t", payload, expires_at_ms), limits, {}};
    std::vector<OpStatus> wanted;
    std::deque<std::string> clients;
    for (std::uint64_t i = random.below(3); i < 3; ++i) {
      const std::string& client = clients.emplace_back(some_client());
      const QoS qos = one_of({QoS::at_least_once, QoS::exactly_once});
      op.targets.push_back({{"", client}, some_held(client).number, qos, false, {}});
      wanted.push_back(model.append(client, op.targets.back().number, {payload, qos, expires_at_ms, false},
                                    limits, now_ms));
    }
    EXPECT_EQ(both(op).targets, wanted);
  }
  void do_progress() {
    const std::string client = some_client();
    const Held by = some_held(client);
    const OpStatus status = expected(client, by);
    const std::uint64_t number = 1 + random.below(30);
    const std::uint64_t upto = status == OpStatus::ok ? random.below(model.sessions.at(client).next) : 3;
    EXPECT_EQ(both(Sent{by, upto}).status, status);
    EXPECT_EQ(both(Acknowledge{by, {number}}).status, status);
    EXPECT_EQ(both(Acknowledge{by, {number}}).status, status);
    if (status != OpStatus::ok) return;
    auto& session = model.sessions.at(client);
    session.sent = std::max(session.sent, upto);
    session.items.erase(number);
  }
  void do_release() {
    const std::string client = some_client();
    const Held by = some_held(client);
    const OpStatus status = expected(client, by);
    std::vector<std::uint64_t> numbers;
    if (status == OpStatus::ok) {
      auto& session = model.sessions.at(client);
      for (auto& [number, item] : session.items) {
        if (number > session.sent || item.qos != QoS::exactly_once) continue;
        item.released = true;
        numbers.push_back(number);
      }
    }
    EXPECT_EQ(both(Release{by, numbers}).status, status);
  }
  void do_lists() {
    const std::string client = some_client();
    const Held by = some_held(client);
    const OpStatus status = expected(client, by);
    const std::string filter = one_of<const char*>({"a", "a/#", "+"});
    const auto id = static_cast<std::uint16_t>(1 + random.below(4));
    const bool takes = random.percent(50);
    if (status == OpStatus::ok) {
      auto& session = model.sessions.at(client);
      const bool existed = session.filters.count(filter) > 0;
      if (takes) {
        EXPECT_EQ(both(PutSubscription{by, filter, {}, 10}).existed, existed);
        both(Received{by, {id}, {}});
        session.filters.insert(filter);
        session.received.insert(id);
      } else {
        EXPECT_EQ(both(RemoveSubscription{by, filter}).existed, existed);
        both(Received{by, {}, {id}});
        session.filters.erase(filter);
        session.received.erase(id);
      }
    } else {
      EXPECT_EQ(both(PutSubscription{by, filter, {}, 10}).status, status);
    }
  }
  void do_time() {
    now_ms += static_cast<UnixMs>(random.below(6000));
    std::vector<std::string> commands, of_other;
    machine.due(now_ms, commands);
    for (const std::string& command : commands) {
      const auto ops = read_command(command);
      ASSERT_TRUE(ops.ok());
      for (const Op& op : *ops) both(std::get<Tick>(op));
    }
    model.time_is(now_ms);
  }

  void compare_items(const Fetch::Reply& reply, const InboxModel::Session& session) {
    ASSERT_EQ(reply.items.size(), session.items.size());
    auto at = reply.items.begin();
    for (const auto& [number, item] : session.items) {
      ASSERT_EQ(at->number, number);
      ASSERT_EQ(at->qos, item.qos);
      const bool expired = item.expires_at_ms != 0 && item.expires_at_ms <= now_ms;
      ASSERT_EQ(at->state, item.released            ? ItemState::released
                           : number <= session.sent ? ItemState::sent
                           : expired                ? ItemState::withheld
                                                    : ItemState::fresh);
      ++at;
    }
  }

  void compare() {
    confirm_wills();
    ASSERT_EQ(state.items, other_state.items);
    ASSERT_EQ(wills, model.wills);
    Counts counts;
    for (const auto& [client, session] : model.sessions) {
      ++counts.sessions;
      counts.attached += session.attached ? 1 : 0;
      counts.messages += session.items.size();
      counts.message_bytes += session.bytes();
      const auto reply = ask(Fetch{{{"", client}, session.number, session.epoch}, 0, 100, 1 << 20});
      ASSERT_EQ(reply.status, session.attached ? OpStatus::ok : OpStatus::stale);
      // Those of one that is detached are looked at behind its next attach.
      if (session.attached) compare_items(reply, session);
      std::set<std::string> filters;
      for (const auto& one : ask(ListSubscriptions{{"", client}, "", 100}).subscriptions)
        filters.emplace(one.filter);
      ASSERT_EQ(filters, session.filters);
    }
    ASSERT_EQ(machine.counts(), counts);
  }

  InboxModel model;
  std::set<InboxModel::WillName> wills;
  std::deque<std::pair<std::string, WillId>> undone_wills;
  MapState other_state;
  std::unique_ptr<InboxMachine> other = std::make_unique<InboxMachine>(2);
  test::SimRandom random{GetParam()};
  Number candidate = 100;
};

TEST_P(InboxAgainstModel, AgreesAtEachStepAndOnBothReplicas_INV_C1) {
  for (int step = 0; step < 2000 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const std::uint64_t what = random.below(100);
    if (what < 15)
      do_attach();
    else if (what < 23)
      do_detach();
    else if (what < 25)
      do_abandon();
    else if (what < 60)
      do_append();
    else if (what < 75)
      do_progress();
    else if (what < 80)
      do_release();
    else if (what < 90)
      do_lists();
    else
      do_time();
    compare();
    texts.clear();
    if (HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InboxAgainstModel, ::testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace tenon::service::inbox
