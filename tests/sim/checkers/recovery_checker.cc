#include "sim/checkers/recovery_checker.h"

#include <algorithm>
#include <optional>

#include "base/wire.h"
#include "kv/command.h"
#include "service/inbox/inbox_commands.h"
#include "sim/clients/ledger_client.h"

namespace tenon::sim {

namespace inbox = service::inbox;

namespace {

// The number behind a word of the report.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = at + word.size(); i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    number = number * 10 + static_cast<std::uint64_t>(text[i] - '0');
  return number;
}

std::string text_of(const MessageName& message) {
  return "message " + std::to_string(message.sequence) + " of source " + std::to_string(message.source);
}

// fn(client, name) for each inbox that the command brings a message to.
template <class Fn>
void each_message(std::string_view text, Fn&& fn) {
  const auto ops = inbox::read_command(text);
  if (!ops.ok()) return;
  for (const inbox::Op& op : *ops) {
    const auto* append = std::get_if<inbox::Append>(&op);
    if (!append) continue;
    for (const inbox::Append::Target& target : append->targets)
      if (const auto client = LedgerClient::number_of(target.owner.client_id))
        fn(*client, LedgerClient::name_in(append->message.view.payload));
  }
}

}  // namespace

void RecoveryChecker::fail(const kv::RangeId& range, const std::string& what) {
  world_.fail("range " + std::to_string(range.number) + ", incarnation " + std::to_string(range.incarnation) +
              ": " + what);
}

void RecoveryChecker::on_acknowledged(std::uint32_t client, const MessageName& message) {
  acknowledged_[client].push_back(message);
  ++acknowledged_count_;
}

void RecoveryChecker::on_applied(const AppliedCommand& command) {
  if (command.store != kv::StoreId::inbox) return;
  each_message(command.text, [&](std::uint32_t client, const MessageName& message) {
    brought_by_[{client, message}].insert({command.range, command.index});
  });
}

void RecoveryChecker::on_given_up(std::uint32_t node, const store::GivenUp& given_up) {
  world_.trace().note(
      "given_up", {node, given_up.range.number, given_up.range.incarnation},
      "from " + std::to_string(given_up.first) + " to " + std::to_string(given_up.last.index));
  if (given_up.until != given_up.last.index)
    return fail(given_up.range, "ended at index " + std::to_string(given_up.last.index) + " on node " +
                                    std::to_string(node) + ", and its report at " +
                                    std::to_string(given_up.until));
  if (given_up.descriptor.store != kv::StoreId::inbox) return;
  for (const store::GivenUp::Entry& entry : given_up.entries) {
    const auto read = kv::read_entry(entry.payload);
    if (!read.ok()) return fail(given_up.range, "has an entry in its report that makes no sense");
    for (const kv::Command& command : read->commands)
      each_message(command.text, [&](std::uint32_t client, const MessageName& message) {
        given_up_.insert({client, message});
      });
  }
}

void RecoveryChecker::on_concluded(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& end) {
  const MemberLog* log = logs_.durable(node, range);
  if (log) concluded_[{node, range}] = {end, *log, logs_.committed_until(range)};
}

void RecoveryChecker::on_recovery_report(std::uint32_t node, const kv::RangeId& range,
                                         std::string_view text) {
  world_.trace().note("recovery", {node, range.number, range.incarnation}, text);
  const auto end =
      number_behind(text, "goes on at node ") ? number_behind(text, " from index ") : std::nullopt;
  if (!end) return;
  auto ended = concluded_.end();
  for (auto one = concluded_.begin(); one != concluded_.end(); ++one)
    if (std::get<0>(one->first) == node && std::get<1>(one->first).number == range.number &&
        std::get<1>(one->first) < range && (ended == concluded_.end() || ended->first < one->first))
      ended = one;
  if (ended == concluded_.end()) return fail(range, "goes on, and no former group of it was ended");
  const kv::RangeId former = std::get<1>(ended->first);
  const bool is_provisional = text.find("only silent") != std::string_view::npos;
  if (is_provisional) provisional_.insert(range);
  // The former one may go on, and all that it took counts.
  const Survivor survivor = ended->second;
  if (!is_provisional) survivors_.insert_or_assign(former, survivor);
  if (*end != survivor.end.index)
    return fail(range, "is said to go on from " + std::to_string(*end) + ", and its log ended elsewhere");
  const std::uint64_t known = number_behind(text, "known to be committed: up to ").value_or(0);
  if (known > survivor.known_until)
    fail(range, "calls entry " + std::to_string(known) + " committed, which nobody did");
  // Nobody applies what a survivor does not have; so what was committed and is missing shows here.
  std::uint64_t missing = 0;
  for (std::uint64_t index = 1; index <= known; ++index) {
    const std::uint64_t term = logs_.committed_term(former, index);
    if (term == 0 || survivor.log.holds(index, term)) continue;
    if (index <= survivor.end.index)
      return fail(range,
                  "is said to hold entry " + std::to_string(index) + ", which was committed, and does not");
    ++missing;
  }
  const std::uint64_t lost = number_behind(text, "lost for certain: ").value_or(0);
  if (lost < missing)
    fail(range, "has lost " + std::to_string(missing) + " entries known to be committed, and says " +
                    std::to_string(lost));
}

bool RecoveryChecker::is_kept(const Entry& entry) const {
  const auto survivor = survivors_.find(entry.range);
  if (survivor == survivors_.end()) return true;
  if (entry.index > survivor->second.end.index) return false;
  return survivor->second.log.holds(entry.index, logs_.committed_term(entry.range, entry.index));
}

// Of an incarnation behind which there is a later one that did not come from it, everything may be.
bool RecoveryChecker::may_be_lost(std::uint32_t client, const MessageName& message) const {
  const auto found = brought_by_.find({client, message});
  if (found == brought_by_.end()) return false;
  return std::none_of(found->second.begin(), found->second.end(),
                      [this](const Entry& entry) { return is_kept(entry); });
}

bool RecoveryChecker::had_provisional_only(std::uint32_t client, const MessageName& message) const {
  const auto found = brought_by_.find({client, message});
  // What a survivor has applied behind the end of its group is not told.
  if (found == brought_by_.end()) return !provisional_.empty();
  return std::all_of(found->second.begin(), found->second.end(),
                     [this](const Entry& entry) { return provisional_.contains(entry.range); });
}

// Which entries brought it.
std::string RecoveryChecker::places_of(std::uint32_t client, const MessageName& message) const {
  std::string text;
  const auto found = brought_by_.find({client, message});
  if (found == brought_by_.end()) return text;
  for (const Entry& entry : found->second)
    text += "; entry " + std::to_string(entry.index) + " of range " + std::to_string(entry.range.number) +
            ", incarnation " + std::to_string(entry.range.incarnation);
  return text;
}

void RecoveryChecker::check_order(std::uint32_t client, const std::vector<MessageName>& messages) {
  std::map<std::uint64_t, std::uint64_t> last;
  std::set<MessageName> seen;
  for (const MessageName& message : messages) {
    if (!seen.insert(message).second && !provisional_.empty()) continue;
    std::uint64_t& sequence = last[message.source];
    if (message.sequence <= sequence)
      world_.fail("ledger " + std::to_string(client) + ": " + text_of(message) + " comes behind number " +
                  std::to_string(sequence));
    sequence = message.sequence;
  }
}

void RecoveryChecker::on_found(std::uint32_t client, const std::vector<MessageName>& messages) {
  check_order(client, messages);
  const std::set<MessageName> found(messages.begin(), messages.end());
  for (const MessageName& message : acknowledged_[client]) {
    if (found.contains(message)) continue;
    if (had_provisional_only(client, message)) {
      missing_.insert({client, message});
      continue;
    }
    if (!may_be_lost(client, message))
      return world_.fail("ledger " + std::to_string(client) + ": " + text_of(message) +
                         " was acknowledged, is lost, and the survivor had it" + places_of(client, message));
    if (!given_up_.contains({client, message}))
      return world_.fail("ledger " + std::to_string(client) + ": " + text_of(message) +
                         " was acknowledged, is lost, and stands in no report of what was given up");
    ++lost_count_;
  }
}

// Of those that are held still, nothing may be.
void RecoveryChecker::check_missing(const std::set<kv::RangeId>& held) {
  for (const auto& [client, message] : missing_) {
    const std::string what =
        "ledger " + std::to_string(client) + ": " + text_of(message) + " was acknowledged, is lost, and ";
    for (const Entry& entry : brought_by_[{client, message}])
      if (held.contains(entry.range)) return world_.fail(what + "its range goes on");
    if (!given_up_.contains({client, message}))
      return world_.fail(what + "stands in no report of what was given up");
    ++lost_count_;
  }
}

void RecoveryChecker::check_incarnations(const std::vector<std::unique_ptr<SimNode>>& nodes) {
  std::map<std::uint64_t, kv::RangeId> held;  // by number
  std::set<kv::RangeId> all_held;
  for (const auto& node : nodes)
    node->keeper().replicas().each([&](const store::Replica& replica) {
      const kv::RangeId& other = held.emplace(replica.id().number, replica.id()).first->second;
      if (other != replica.id() && !provisional_.empty())
        fail(replica.id(), "and incarnation " + std::to_string(other.incarnation) + " are both there");
      all_held.insert(replica.id());
    });
  check_missing(all_held);
  for (const auto& node : nodes)
    node->keeper().replicas().each([&](const store::Replica& replica) {
      if (survivors_.contains(replica.id()))
        fail(replica.id(),
             "is over, and node " + std::to_string(node->place()) + " still has a replica of it");
    });
}

}  // namespace tenon::sim
