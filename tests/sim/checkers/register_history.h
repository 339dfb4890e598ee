#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenon::sim {

// What clients asked of one register and were told, and whether it can be explained: whether there is an
// order of all that was answered, and of some of what was not, that keeps to real time (what was answered
// before something else was asked comes before it) and in which every answer is right.
//
// Values are numbers; 0 is "none" and what a register begins with. Any other value is written by one
// operation only. Pure.
class RegisterHistory {
 public:
  using Value = std::uint64_t;
  enum class If : std::uint8_t { any, is, is_not };
  // Has taken place in a moment in which the register was as `condition` and `expected` say, and left
  // `result` there; empty: what was there.
  struct Effect {
    If condition = If::any;
    Value expected = 0;
    std::optional<Value> result;

    static Effect read(Value value) { return {If::is, value, {}}; }
    static Effect write(Value value) { return {If::any, 0, value}; }
    static Effect swap(Value from, Value to) { return {If::is, from, to}; }
  };
  using Id = std::size_t;

  // Something was asked for; `perhaps` is what it does if nobody ever hears of it again.
  Id ask(const Effect& perhaps);
  // It was answered: this has happened.
  void answer(Id id, const Effect& effect);
  // Copies of one operation, of which none, one or several have an effect: they were never answered, and may
  // have happened by now; they can't happen any more.
  void withdraw(const std::vector<Id>& copies) { let_go(copies, ++now_); }
  // The same, and they may happen at any time.
  void abandon(const std::vector<Id>& copies) { let_go(copies, never - 1); }

  // The first answer that can't be explained, in words; empty: all can be.
  std::string violation() const;

  std::size_t count() const { return operations_.size(); }
  static std::string to_text(const Effect& effect);

 private:
  using Moment = std::uint64_t;
  static constexpr Moment never = std::numeric_limits<Moment>::max();
  // Stands for all values that nobody has read.
  static constexpr Value unseen = std::numeric_limits<Value>::max();
  struct Operation {
    Effect effect;
    Moment asked = 0;
    Moment answered = never;
    bool is_let_go = false;  // when it would have been answered
  };
  // One way to explain what was answered so far.
  struct Way {
    Value value = 0;
    std::set<Id> done;  // of those that are open
    friend auto operator<=>(const Way&, const Way&) = default;
  };
  struct Event {
    Moment at = 0;
    bool is_answer = false;
    Id id = 0;
  };

  void let_go(const std::vector<Id>& copies, Moment until);

  class Search;
  std::vector<Operation> with_what_was_seen() const;
  static std::vector<Event> events_of(const std::vector<Operation>& operations);
  static bool may_happen(const Effect& effect, Value value);

  std::vector<Operation> operations_;
  Moment now_ = 0;
};

// Registers by name.
class RegisterHistories {
 public:
  RegisterHistory& operator[](const std::string& name) { return all_[name]; }
  // Calls report(text) for each register whose answers can't be explained.
  template <class Report>
  void check(Report&& report) const {
    for (const auto& [name, history] : all_)
      if (const std::string wrong = history.violation(); !wrong.empty()) report(name + ": " + wrong);
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& [name, history] : all_) sum += history.count();
    return sum;
  }

 private:
  std::map<std::string, RegisterHistory> all_;
};

}  // namespace tenon::sim
