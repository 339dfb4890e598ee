#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::kv {

// Ordered content that can be read: keys are bytes and compare as such. One thread at a time.
class StateView {
 public:
  // False ends the walk.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  // Empty: there is no such key. io or corrupt: the storage engine can't tell.
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
  // The items of [begin, end) upwards; empty `end`: to the end. `visit` must not change what is walked.
  virtual Status scan(std::string_view begin, std::string_view end, const Visit& visit) const = 0;

  // Whether a key may be among those that are shown.
  virtual bool covers(std::string_view) const { return true; }

 protected:
  ~StateView() = default;
};

// Content that a command changes.
class State : public StateView {
 public:
  virtual void put(std::string_view key, std::string_view value) = 0;
  // The same. REQUIRES: there is no such item now. Who knows that, as of the next number of a queue, should
  // say it: erased again soon, the item never meets the engine.
  virtual void insert(std::string_view key, std::string_view value) { put(key, value); }
  // A missing key is no error.
  virtual void erase(std::string_view key) = 0;
  // Erases all keys of [begin, end). The status is that of the reads this takes.
  Status erase_all(std::string_view begin, std::string_view end);

 protected:
  ~State() = default;
};

// The first key behind all those that begin with `prefix`; empty: there is none.
std::string end_of_prefix(std::string_view prefix);

}  // namespace tenon::kv
