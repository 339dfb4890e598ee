#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "answer/decision.h"

namespace tenon::auth_http {

// Answers that hold for a while, by the questions' keys. When it is full, the one that was put first goes.
// Any thread.
class Cache {
 public:
  struct Entry {
    std::shared_ptr<const Decision> decision;
    std::int64_t since_ns = 0;  // when it was given
  };

  // `ttl_ns` 0: nothing is kept.
  Cache(std::int64_t ttl_ns, std::size_t entries_max) : ttl_ns_(ttl_ns), entries_max_(entries_max) {}

  // Null decision: there is none that holds.
  Entry find(const std::string& key, std::int64_t now_ns);
  void put(const std::string& key, std::shared_ptr<const Decision> decision, std::int64_t now_ns);

 private:
  struct Kept {
    Entry entry;
    std::list<std::string>::iterator place;
  };

  const std::int64_t ttl_ns_;
  const std::size_t entries_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, Kept> entries_;
  std::list<std::string> order_;  // oldest first
};

}  // namespace tenon::auth_http
