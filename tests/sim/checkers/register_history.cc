#include "sim/checkers/register_history.h"

#include <algorithm>

namespace tenon::sim {
namespace {

// More ways than this at once: the history is of no use, and says so.
constexpr std::size_t ways_max = 100'000;

}  // namespace

RegisterHistory::Id RegisterHistory::ask(const Effect& perhaps) {
  operations_.push_back({perhaps, ++now_, never});
  return operations_.size() - 1;
}

void RegisterHistory::answer(Id id, const Effect& effect) {
  operations_[id].effect = effect;
  operations_[id].answered = ++now_;
}

void RegisterHistory::let_go(const std::vector<Id>& copies, Moment until) {
  for (const Id id : copies) {
    operations_[id].answered = until;
    operations_[id].is_let_go = true;
  }
}

bool RegisterHistory::may_happen(const Effect& effect, Value value) {
  switch (effect.condition) {
    case If::any:
      return true;
    case If::is:
      return value == effect.expected;
    case If::is_not:
      return value != effect.expected;
  }
  return false;
}

std::string RegisterHistory::to_text(const Effect& effect) {
  std::string text;
  if (effect.condition == If::is) text = "found " + std::to_string(effect.expected);
  if (effect.condition == If::is_not) text = "found something else than " + std::to_string(effect.expected);
  if (!effect.result) return text;
  return text + (text.empty() ? "" : " and ") + "put " + std::to_string(*effect.result);
}

// A write that was never answered, but whose value was seen, was done before that. One that nobody saw may
// still be why somebody found something else than was expected.
std::vector<RegisterHistory::Operation> RegisterHistory::with_what_was_seen() const {
  std::vector<Operation> all = operations_;
  const auto is_lost = [](const Operation& one) { return one.answered == never && one.effect.result; };
  for (bool again = true; again;) {
    again = false;
    for (Operation& lost : all) {
      if (!is_lost(lost) || *lost.effect.result == 0) continue;
      for (const Operation& seen : all)
        if (seen.answered != never && seen.effect.condition == If::is &&
            seen.effect.expected == *lost.effect.result)
          lost.answered = std::min(lost.answered, seen.answered);
      again = again || lost.answered != never;
    }
  }
  for (Operation& lost : all)
    if (is_lost(lost) && *lost.effect.result != 0) lost.effect.result = unseen;
  return all;
}

std::vector<RegisterHistory::Event> RegisterHistory::events_of(const std::vector<Operation>& operations) {
  std::vector<Event> events;
  for (Id id = 0; id < operations.size(); ++id) {
    const Operation& one = operations[id];
    const bool is_lost = one.answered == never;
    if (is_lost && !one.effect.result) continue;
    events.push_back({one.asked, false, id});
    if (!is_lost) events.push_back({one.answered, true, id});
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  return events;
}

// Goes through a history from answer to answer with all ways to explain it. Operations take place as late as
// can be: when their own answer, or that of another one, needs them.
class RegisterHistory::Search {
 public:
  explicit Search(const std::vector<Operation>& all) : all_(all) {}

  void on_asked(Id id) { open_.insert(id); }
  // False: no way is left, and ways() are those before this answer.
  bool on_answered(Id id) {
    std::set<Way> next;
    std::set<Way> seen;
    std::vector<Way> to_try(ways_.begin(), ways_.end());
    while (!to_try.empty() && seen.size() < ways_max) {
      Way way = std::move(to_try.back());
      to_try.pop_back();
      do_what_changes_nothing(way);
      if (!seen.insert(way).second) continue;
      if (way.done.erase(id) > 0)
        next.insert(std::move(way));
      else
        do_one_more(way, id, next, to_try);
    }
    if (all_[id].is_let_go)
      for (const Way& way : ways_)
        if (!way.done.contains(id)) next.insert(way);
    if (next.empty()) return false;
    open_.erase(id);
    drop_worse(next);
    ways_ = std::move(next);
    return true;
  }
  const std::set<Way>& ways() const { return ways_; }

 private:
  // Nobody says that it was done.
  bool is_optional(Id id) const { return all_[id].answered == never || all_[id].is_let_go; }

  void do_what_changes_nothing(Way& way) const {
    for (const Id id : open_)
      if (!all_[id].effect.result && may_happen(all_[id].effect, way.value)) way.done.insert(id);
  }
  void do_one_more(const Way& way, Id wanted, std::set<Way>& next, std::vector<Way>& to_try) const {
    // Of those that are never answered, or are let go together, one is as good as another.
    std::set<std::pair<Value, Moment>> optional_results;
    for (const Id id : open_) {
      const Effect& effect = all_[id].effect;
      if (way.done.contains(id) || !effect.result || !may_happen(effect, way.value)) continue;
      if (is_optional(id) && id != wanted && effect.condition == If::any &&
          !optional_results.insert({*effect.result, all_[id].answered}).second)
        continue;
      Way further = way;
      further.value = *effect.result;
      if (id == wanted) {
        next.insert(std::move(further));
      } else {
        further.done.insert(id);
        to_try.push_back(std::move(further));
      }
    }
  }
  // A way that has used up more of what may be left out than another one is of no use.
  void drop_worse(std::set<Way>& ways) const {
    const auto is_worse = [this](const Way& worse, const Way& way) {
      if (worse.value != way.value || worse.done.size() <= way.done.size()) return false;
      if (!std::includes(worse.done.begin(), worse.done.end(), way.done.begin(), way.done.end()))
        return false;
      return std::all_of(worse.done.begin(), worse.done.end(),
                         [&](Id id) { return is_optional(id) || way.done.contains(id); });
    };
    for (auto way = ways.begin(); way != ways.end();) {
      const bool drops =
          std::any_of(ways.begin(), ways.end(), [&](const Way& other) { return is_worse(*way, other); });
      way = drops ? ways.erase(way) : std::next(way);
    }
  }

  const std::vector<Operation>& all_;
  std::set<Id> open_;
  std::set<Way> ways_ = {Way{}};
};

std::string RegisterHistory::violation() const {
  const std::vector<Operation> all = with_what_was_seen();
  Search search(all);
  for (const Event& event : events_of(all)) {
    if (!event.is_answer) {
      search.on_asked(event.id);
    } else if (!search.on_answered(event.id)) {
      std::set<Value> values;
      for (const Way& way : search.ways()) values.insert(way.value);
      std::string text = "operation " + std::to_string(event.id) + " " + to_text(all[event.id].effect) +
                         ", which no order explains; before it there could be";
      for (const Value value : values) text += " " + std::to_string(value);
      return text;
    }
  }
  return {};
}

}  // namespace tenon::sim
