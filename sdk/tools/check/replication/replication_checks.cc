#include "replication/replication_checks.h"

#include <algorithm>
#include <functional>
#include <random>

#include "replication/replica_set.h"

namespace tenon::tools {
namespace {

constexpr int seed_count = 3;
constexpr int stormy_ticks = 300;
constexpr int storms = 4;
constexpr int losses_of_power = 15;
constexpr int proposals_alone = 20;
constexpr int reads_asked = 20;
constexpr int elections = 30;
constexpr int election_ticks = 60;
constexpr int reads_alone = 10;
constexpr int ticks_alone = 60;
constexpr Weather stormy{.lost = 10, .doubled = 5, .late = 20};
constexpr Weather slow_disks{.slow = 70};
constexpr Weather slow_messages{.late = 50};

using LookAtReplication = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&, const Subject&)>;

// Runs `look` for each replication engine of the module; plugins of other kinds pass. A ReplicationFault is
// the finding.
std::function<Finding(const Subject&)> on_replication(const LookAtReplication& look) {
  return [look](const Subject& subject) {
    return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
      if (std::string_view(d.kind_id) != TENON_REPLICATION_ID) return pass("is no replication");
      try {
        return look(check_host, d, of_one(subject, d));
      } catch (const ReplicationFault& fault) {
        return fail(fault.what());
      }
    });
  };
}

Subject with_seed(const Subject& subject, int more) {
  Subject other = subject;
  other.seed += static_cast<std::uint32_t>(more);
  set_scene("three members ran with seed " + std::to_string(other.seed));
  return other;
}

// Lets the member that is alone turn without anything being made durable.
Finding look_before_it_is_durable(Replica& alone, tenon_log_point at) {
  for (int i = 0; i < 5; ++i) alone.turn();
  if (alone.log().last().index >= at.index) return fail("the log holds what was never made durable");
  return alone.applied().size() < at.index
             ? pass()
             : fail("applies entry " + std::to_string(at.index) + " before it is durable");
}

Finding check_alone(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  ReplicaSet set(check_host, d, subject, 1);
  Replica& alone = set.member(set.await_leader());
  for (int i = 0; i < proposals_alone; ++i) {
    const std::string data = "alone " + std::to_string(i);
    tenon_log_point at{};
    if (const tenon_status status = alone.propose(data, &at); status != TENON_OK)
      return fail("the leader answers " + std::to_string(status) + " to a proposal");
    if (const Finding found = look_before_it_is_durable(alone, at); found.verdict != Verdict::pass)
      return found;
    set.until([&] { return alone.applied().size() >= at.index; }, "a proposal is not applied");
    const AppliedEntry& entry = alone.applied()[static_cast<std::size_t>(at.index - 1)];
    if (entry.at.term == at.term && entry.data != data)
      return fail("applies something else at the point that propose told");
    if (entry.at.term != at.term) return fail("a member that is alone loses a proposal");
  }
  return pass(std::to_string(proposals_alone) + " proposals");
}

Finding check_agree(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  std::uint64_t applied = 0;
  for (int more = 0; more < seed_count; ++more) {
    const Subject seeded = with_seed(subject, more);
    ReplicaSet set(check_host, d, seeded, 3);
    set.await_leader();
    for (int storm = 0; storm < storms; ++storm) {
      set.set_weather(stormy);
      set.cut_off(set.below(4));
      for (int i = 0; i < stormy_ticks; ++i) {
        if (set.below(3) == 0) (void)set.propose();
        set.tick();
      }
      set.set_weather({});
      set.cut_off(0);
      set.agree_on_one("three members that hear each other do not agree on a proposal");
    }
    set.until([&] { return set.is_level(); }, "one member has applied less than the others");
    applied += set.applied_count();
  }
  return pass(std::to_string(applied) + " entries");
}

// Power is lost by one of them, or by all at once, in the middle of what they do.
void lose_some_power(ReplicaSet& set) {
  for (std::uint32_t i = set.below(60); i > 0; --i) {
    (void)set.propose();
    set.tick();
  }
  (void)set.propose();
  const std::uint64_t one = set.below(4);
  for (std::uint64_t id = 1; id <= set.count(); ++id) {
    if (one != 0 && one != id) continue;
    set.member(id).turn();
    set.lose_power(id);
    if (one != 0) set.ticks(static_cast<int>(set.below(60)));
  }
  set.start_all();
}

// All start with nobody leading. Two of them hear but the third, which loses its power again and again while
// they ask for its vote.
void lose_power_over_votes(ReplicaSet& set) {
  for (std::uint64_t id = 1; id <= set.count(); ++id) set.lose_power(id);
  set.start_all();
  const std::uint64_t asked = 1 + set.below(3);
  set.only_through(asked);
  set.set_weather(slow_messages);
  for (int i = 0; i < election_ticks; ++i) {
    set.tick();
    if (set.below(3) != 0) continue;
    set.lose_power(asked);
    set.start_all();
  }
  set.set_weather({});
  set.only_through(0);
}

Finding check_restart(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  constexpr const char* what = "members that have lost power do not agree on a proposal any more";
  std::uint64_t applied = 0;
  for (int more = 0; more < seed_count; ++more) {
    const Subject seeded = with_seed(subject, more);
    ReplicaSet set(check_host, d, seeded, 3);
    for (int loss = 0; loss < losses_of_power; ++loss) {
      set.set_weather(slow_disks);
      lose_some_power(set);
      set.set_weather({});
      set.agree_on_one(what);
    }
    for (int election = 0; election < elections; ++election) lose_power_over_votes(set);
    set.agree_on_one(what);
    set.until([&] { return set.is_level(); }, "one member has applied less than the others");
    applied += set.applied_count();
  }
  return pass(std::to_string(applied) + " entries over " + std::to_string(seed_count * losses_of_power) +
              " losses of power and " + std::to_string(seed_count * elections) + " elections");
}

// What was applied anywhere before the read began is to be seen with it.
Finding look_at_read(ReplicaSet& set, std::uint64_t id, std::uint64_t context) {
  Replica& reader = set.member(id);
  const std::uint64_t acknowledged = set.applied_count();
  const tenon_status asked = reader.read(context);
  if (asked == TENON_E_STATE) return pass();
  if (asked != TENON_OK) return fail("read_index answers " + std::to_string(asked));
  set.until([&] { return reader.reads().contains(context); }, "a read is not answered");
  const auto [status, index] = reader.reads().at(context);
  if (status == TENON_OK && index < acknowledged)
    return fail("a read that began when " + std::to_string(acknowledged) + " entries were applied is given " +
                std::to_string(index));
  return pass(status == TENON_OK ? "answered" : "");
}

// A member that the others do not reach, and that stands still perhaps, is asked while they go on without it.
Finding look_at_read_alone(ReplicaSet& set, std::uint64_t id, std::uint64_t context) {
  const bool did_lead = set.leader() == id;
  set.cut_off(id);
  set.freeze(set.below(2) == 0 ? id : 0);
  if (did_lead)
    set.until([&] { return set.leader_of_others(id) != 0; }, "two of three members elect no leader");
  set.agree_on_one("two of three members do not agree on a proposal", id);
  set.freeze(0);
  const std::uint64_t acknowledged = set.applied_count();
  Replica& reader = set.member(id);
  const tenon_status asked = reader.read(context);
  if (asked != TENON_OK && asked != TENON_E_STATE) return fail("read_index answers " + std::to_string(asked));
  set.ticks(ticks_alone);
  set.cut_off(0);
  set.agree_on_one("three members that hear each other again do not agree on a proposal");
  const auto at = reader.reads().find(context);
  if (at == reader.reads().end()) return pass();
  const auto [status, index] = at->second;
  if (status == TENON_OK && index < acknowledged)
    return fail("a member that the others do not reach answers a read that began when " +
                std::to_string(acknowledged) + " entries were applied with " + std::to_string(index));
  return pass();
}

Finding check_reads(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  ReplicaSet set(check_host, d, subject, 3);
  set.await_leader();
  std::uint64_t context = 0;
  int answered = 0;
  for (int i = 0; i < reads_asked; ++i) {
    set.agree_on_one("three members do not agree on a proposal");
    const Finding found = look_at_read(set, 1 + static_cast<std::uint64_t>(i) % set.count(), ++context);
    if (found.verdict != Verdict::pass) return found;
    answered += found.reason.empty() ? 0 : 1;
  }
  if (answered == 0) return fail("answers no read of " + std::to_string(reads_asked));
  for (int i = 0; i < reads_alone; ++i) {
    // Each second time it is the one that leads.
    const std::uint64_t id = i % 2 == 0 ? set.await_leader() : 1 + set.below(3);
    if (const Finding found = look_at_read_alone(set, id, ++context); found.verdict != Verdict::pass)
      return found;
  }
  return pass(std::to_string(answered) + " reads, and " + std::to_string(reads_alone) + " at members alone");
}

std::vector<Effect> effects_of_one_run(CheckHost& check_host, const tenon_plugin_descriptor& d,
                                       const Subject& subject) {
  ReplicaSet set(check_host, d, subject, 3);
  set.set_weather(stormy);
  for (int i = 0; i < stormy_ticks; ++i) {
    if (i % 3 == 0) (void)set.propose();
    if (i == stormy_ticks / 2) {
      set.lose_power(2);
      set.member(2).start();
    }
    set.tick();
  }
  return set.effects();
}

Finding check_pure(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  const std::vector<Effect> once = effects_of_one_run(check_host, d, subject);
  const std::vector<Effect> again = effects_of_one_run(check_host, d, subject);
  const auto [a, b] = std::mismatch(once.begin(), once.end(), again.begin(), again.end());
  if (a == once.end() && b == again.end()) return pass(std::to_string(once.size()) + " effects");
  const Effect& differs = a != once.end() ? *a : *b;
  return fail("called in the same way again, member " + std::to_string(differs.member) +
              " does something else in effect " + std::to_string(a - once.begin() + 1) + ": " + differs.call);
}

// Beginnings of what members say to each other, and what nobody says.
std::vector<std::string> hostile_payloads(const std::vector<std::string>& heard, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::string> all{"", std::string(1, '\0'), std::string(300, '\xff'), std::string(70'000, '\0')};
  for (const std::string& payload : heard)
    for (std::size_t len = 1; len < payload.size(); len += 1 + len / 8) all.push_back(payload.substr(0, len));
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    all.push_back(std::move(bytes));
  }
  return all;
}

Finding check_hostile(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  ReplicaSet set(check_host, d, subject, 3);
  set.await_leader();
  set.agree_on_one("three members do not agree on a proposal");
  const std::vector<std::string> payloads = hostile_payloads(set.payloads(), subject.seed);
  for (const std::string& payload : payloads)
    for (const std::uint64_t from : {std::uint64_t{2}, std::uint64_t{99}})
      for (const tenon_group_id group : {Replica::group_id, tenon_group_id{7, 1}}) {
        set_scene("a member was given a message of " + std::to_string(payload.size()) + " bytes");
        set.member(1).step({{from, 1, group, payload}});
        set.member(1).settle();
      }
  set.agree_on_one("members do not agree any more, after messages that do not hold together");
  return pass(std::to_string(payloads.size()) + " messages");
}

}  // namespace

std::vector<Check> replication_checks() {
  return {
      {"replication.alone",
       "a member that is alone leads, and applies each proposal at the point that it told, once that is "
       "durable and not before",
       "count the member itself when persisted() says so; apply in turn(), each index once and in order",
       {"lifecycle.start-stop"},
       on_replication(check_alone)},
      {"replication.agree",
       "three members apply the same entries and no two lead in one term, over messages that are lost, "
       "doubled and late, and agree when they hear each other again",
       "commit by a majority, in the leader's own term; take a message for what it may be: an old one",
       {"replication.alone"},
       on_replication(check_agree)},
      {"replication.restart",
       "nothing is applied before a majority has it durable, all apply it after losses of power that take "
       "what "
       "was not yet durable, and no two lead in one term",
       "write terms and votes into the hard state; send nothing that speaks of a write before it is "
       "durable",
       {"replication.agree"},
       on_replication(check_restart)},
      {"replication.reads",
       "a read at any member is given an index up to which everything is that was applied anywhere before "
       "it began, and by no member that the others do not reach one that is older",
       "have a majority confirm the leader before answering",
       {"replication.agree"},
       on_replication(check_reads)},
      {"replication.pure",
       "the same calls give the same effects",
       "take time from tick() and chance from the seed; walk nothing in the order of its addresses",
       {"replication.restart"},
       on_replication(check_pure)},
      {"replication.hostile",
       "messages that do not hold together change nothing",
       "check all of a message before anything of it is used; leave out those for unknown groups",
       {"replication.agree"},
       on_replication(check_hostile)},
  };
}

}  // namespace tenon::tools
