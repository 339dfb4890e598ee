#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/durable/store_client.h"

namespace tenon::broker {

// Waits until this node's replicas of the store `retain` show what was acknowledged anywhere before: what
// their leaders had applied when they were asked. Whoever comes while one question is open waits for the next
// one, and all who wait share it. Belongs to one shard.
class RetainBarrier {
 public:
  using Then = std::function<void()>;

  // `store` outlives it.
  explicit RetainBarrier(StoreClient& store) : store_(store) {}

  // `then` is called in a later turn; also when no leader has answered for so long that what is here has to
  // do.
  void wait(Then then);

 private:
  void begin();
  void ask(const std::string& from);
  void end();

  StoreClient& store_;
  bool is_open_ = false;
  std::vector<Then> served_;   // by the question that is open
  std::vector<Then> waiting_;  // for the next one
};

}  // namespace tenon::broker
