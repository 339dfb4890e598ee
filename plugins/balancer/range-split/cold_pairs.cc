#include "range-split/cold_pairs.h"

#include <algorithm>
#include <charconv>

namespace tenon::range_split {

namespace {

// Takes a number and the character behind it away.
template <class Number>
bool take(std::string_view& text, Number& ret_number, char behind) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ret_number);
  if (read.ec != std::errc() || read.ptr == text.data() + text.size() || *read.ptr != behind) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return true;
}

}  // namespace

ColdPairs::ColdPairs(std::string_view memo) {
  Pair pair;
  std::int64_t since_ms = 0;
  while (take(memo, pair.first, ' ') && take(memo, pair.second, ' ') && take(memo, since_ms, '\n'))
    before_[pair] = since_ms;
}

std::int64_t ColdPairs::since(std::uint64_t left, std::uint64_t right, std::int64_t now_ms) {
  const auto known = before_.find({left, right});
  const std::int64_t since_ms = known == before_.end() ? now_ms : std::min(known->second, now_ms);
  now_[{left, right}] = since_ms;
  return since_ms;
}

std::string ColdPairs::memo() const {
  std::string memo;
  for (const auto& [pair, since_ms] : now_)
    memo += std::to_string(pair.first) + ' ' + std::to_string(pair.second) + ' ' + std::to_string(since_ms) +
            '\n';
  return memo;
}

}  // namespace tenon::range_split
