#pragma once

#include <cstdint>

#include "kv/machine.h"
#include "service/meta/meta_ops.h"

namespace tenon::service::meta {

// The store `meta`: values under paths, changed by compare-and-set, with a bounded audit trail. Commands and
// questions are of meta_ops.h. Nothing is kept in memory.
class MetaMachine final : public kv::Machine {
 public:
  Status load(const kv::StateView&) override { return {}; }
  std::uint8_t version_of(std::string_view command) const override;
  std::uint8_t version() const override;
  Status apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
               std::string& ret_reply) override;
  Status query(UnixMs now_ms, std::string_view question, const kv::StateView& state,
               std::string& ret_reply) const override;
  void due(UnixMs, std::vector<std::string>&) override {}
};

}  // namespace tenon::service::meta
