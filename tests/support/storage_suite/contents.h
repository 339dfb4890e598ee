#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::test {

// One write of a batch, with its own memory.
struct Write {
  std::uint32_t type;
  std::uint32_t space;
  std::string key;
  std::string value;  // of DELETE_RANGE: the end
};
using Batch = std::vector<Write>;

inline Write put(std::uint32_t space, std::string key, std::string value) {
  return {TENON_WRITE_PUT, space, std::move(key), std::move(value)};
}
inline Write erase(std::uint32_t space, std::string key) {
  return {TENON_WRITE_DELETE, space, std::move(key), {}};
}
inline Write erase_range(std::uint32_t space, std::string begin, std::string end) {
  return {TENON_WRITE_DELETE_RANGE, space, std::move(begin), std::move(end)};
}

using Items = std::vector<std::pair<std::string, std::string>>;

// What an engine should hold: the model that the suite compares with. std::string compares as unsigned bytes.
class Contents {
 public:
  using Space = std::map<std::string, std::string>;

  void apply(const Batch& batch);
  const Space& space(std::uint32_t number) const;
  // The keys in [begin, end), an empty end being none, in the order of the walk.
  Items range(std::uint32_t space, const std::string& begin, const std::string& end, bool reverse) const;

  bool operator==(const Contents& other) const { return spaces_ == other.spaces_; }

 private:
  std::map<std::uint32_t, Space> spaces_;  // without empty ones
};

}  // namespace tenon::test
