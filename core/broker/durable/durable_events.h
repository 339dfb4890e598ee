#pragma once

#include <memory>
#include <span>

#include "broker/shard.h"
#include "store/gate.h"

namespace tenon::broker {

// Brings what the store thread says to the workers that it concerns. Called on the store thread.
class DurableEvents final : public store::GateListener {
 public:
  // The shards outlive this, and the store thread stops before them. Before anything can be said.
  void connect(std::span<const std::unique_ptr<Shard>> shards);

  void answers(std::uint32_t worker, std::vector<store::FinishedRequest>&& finished) override;
  void noticed(std::string_view text) override;
  void notices_lost() override;

 private:
  std::span<const std::unique_ptr<Shard>> shards_;
};

}  // namespace tenon::broker
