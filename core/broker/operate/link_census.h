#pragma once

#include <functional>
#include <memory>
#include <span>

#include "broker/operate/link_wire.h"
#include "broker/shard.h"

namespace tenon::broker {

// Answers what operators ask about the links of this node. Outlives what is asked of it, as the shards do.
//
// A list looks at all links, on each worker some thousands in a turn; a single client is found at once.
class LinkCensus {
 public:
  using Done = std::function<void(LinkAnswer&& answer)>;

  // Before the workers run.
  explicit LinkCensus(std::span<const std::unique_ptr<Shard>> shards) : shards_(shards) {}

  // `done` is called once, in a later turn. All on worker 0.
  void answer(const LinkQuestion& question, Done done);

 private:
  struct List;
  void list(const LinkQuestion& question, Done done);
  static void look_on(Shard& shard, std::size_t from, const std::shared_ptr<List>& list,
                      std::vector<std::pair<std::string, LinkRow>>&& found);
  void find(const LinkQuestion& question, Done done);

  const std::span<const std::unique_ptr<Shard>> shards_;
};

}  // namespace tenon::broker
