// Fuzzes the indexes of core/topic with what clients subscribe to, publish and retain. An input is lines; the
// first byte of each says what is done with the rest:
//   +FILTER, -FILTER  a subscription of the one client, or of the other if the line before ended so too,
//   comes and goes >NAME, <NAME      a retained message comes and goes ?TEXT             as a name: who wants
//   it; as a filter: which retained messages it finds
//
// What must hold: each answer is the one that looking at all there is gives; at the end everything can be
// taken out again, and nothing is left.

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "plain_match.h"
#include "topic/filter_index.h"
#include "topic/retained_index.h"
#include "topic/topic.h"

namespace tenon {
namespace {

using fuzz::plainly_matches;

// The index beside all that is in it.
class Everything {
 public:
  void run(std::string_view line) {
    if (line.empty()) return;
    const char what = line[0];
    line.remove_prefix(1);
    const std::uint32_t key = turn_++ % 3;
    if (what == '+' || what == '-') subscribe(what == '+', line, key);
    if (what == '>' || what == '<') retain(what == '>', line);
    if (what == '?') ask(line);
    TENON_BUG(index_.size() == subscriptions_.size(), "each subscription is there once");
    TENON_BUG(retained_.size() == names_.size(), "each name is there once");
  }

  void take_all_out() {
    while (!subscriptions_.empty()) {
      const auto [filter, key] = *subscriptions_.begin();
      subscribe(false, filter, key);
    }
    while (!names_.empty()) retain(false, std::string(names_.begin()->first));
    TENON_BUG(index_.size() == 0 && index_.pattern_count() == 0 && index_.group_count() == 0,
              "nothing is left");
  }

 private:
  static bool is_sound(const SplitFilter& filter) {
    return filter.well_shaped && is_topic_filter(filter.pattern);
  }

  void subscribe(bool comes, std::string_view text, std::uint32_t key) {
    const SplitFilter filter = split_filter(text);
    const bool is_taken = topic::check_filter(text, {}) == topic::TopicFault::none;
    TENON_BUG(!is_taken || is_sound(filter), "no filter is taken that is none");
    if (!is_sound(filter) || text.size() > topic_bytes_max) return;
    const std::pair<std::string, std::uint32_t> one(text, key);
    TENON_BUG((index_.find(filter, key) != nullptr) == subscriptions_.contains(one), "it is found");
    const bool was_there = subscriptions_.contains(one);
    if (comes) {
      TENON_BUG(index_.insert(filter, key, turn_).has_value() == was_there, "the former one is replaced");
      subscriptions_.insert(one);
    } else {
      TENON_BUG(index_.erase(filter, key).has_value() == was_there, "what is there can be removed");
      subscriptions_.erase(one);
    }
  }

  void retain(bool comes, std::string_view name) {
    if (!is_topic_name(name)) return;
    const bool was_there = names_.contains(std::string(name));
    if (comes) {
      TENON_BUG(retained_.set(name, turn_).has_value() == was_there, "the former one is replaced");
      names_[std::string(name)] = turn_;
    } else {
      TENON_BUG(retained_.erase(name).has_value() == was_there, "what is there can be removed");
      names_.erase(std::string(name));
    }
  }

  void ask(std::string_view text) {
    if (is_topic_name(text)) who_wants(text);
    if (is_topic_filter(text)) what_is_found(text);
  }

  void who_wants(std::string_view name) {
    std::vector<std::uint32_t> found, expected;
    index_.match(
        name, [&](const auto& entry) { found.push_back(entry.key); },
        [&](const auto& group) {
          for (const auto& member : group.members()) found.push_back(100 + member.key);
        });
    for (const auto& [text, key] : subscriptions_) {
      const SplitFilter filter = split_filter(text);
      const bool wants = plainly_matches(filter.pattern, name);
      TENON_BUG(topic::matches(filter.pattern, name) == wants, "a filter matches what it says");
      if (wants) expected.push_back(filter.sharing == Sharing::none ? key : 100 + key);
    }
    std::ranges::sort(found);
    std::ranges::sort(expected);
    TENON_BUG(found == expected, "those are found who want it");
  }

  void what_is_found(std::string_view filter) {
    std::map<std::string, std::uint32_t> found, expected;
    retained_.match(filter, [&](std::string_view name, const std::uint32_t& value) {
      TENON_BUG(found.emplace(name, value).second, "each is found once");
      return true;
    });
    for (const auto& [name, value] : names_)
      if (plainly_matches(filter, name)) expected.emplace(name, value);
    TENON_BUG(found == expected, "those are found that match");
  }

  topic::FilterIndex<std::uint32_t, std::uint32_t> index_{1};
  topic::RetainedIndex<std::uint32_t> retained_{1};
  std::set<std::pair<std::string, std::uint32_t>> subscriptions_;
  std::map<std::string, std::uint32_t> names_;
  std::uint32_t turn_ = 0;
};

}  // namespace
}  // namespace tenon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tenon::Everything everything;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view line : tenon::fuzz::pieces_of(text, '\n')) everything.run(line);
  everything.take_all_out();
  return 0;
}
