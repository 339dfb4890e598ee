#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::range_split {

// Since when neighbours have too little to do, kept from plan to plan. Pure.
class ColdPairs {
 public:
  // What does not make sense is taken for nothing.
  explicit ColdPairs(std::string_view memo);

  // The pair is cold at present. Since when it has been in each plan: now, if it was not in the last one.
  std::int64_t since(std::uint64_t left, std::uint64_t right, std::int64_t now_ms);
  // Of the pairs that are cold at present: "LEFT RIGHT MS\n" each.
  std::string memo() const;

 private:
  using Pair = std::pair<std::uint64_t, std::uint64_t>;

  std::map<Pair, std::int64_t> before_;
  std::map<Pair, std::int64_t> now_;
};

}  // namespace tenon::range_split
