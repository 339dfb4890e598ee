#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "service/retain/retain_ops.h"
#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// When retained messages expire, by the commands that were applied, each once: never before their time by
// that of their range (INV-D7), and some time after it.
class RetainedChecker final : public NodeObserver {
 public:
  explicit RetainedChecker(World& world) : world_(world) {}

  void on_applied(const AppliedCommand& command) override;
  // Messages that will expire.
  std::size_t open_count() const { return expires_ms_.size(); }

 private:
  void look_at(const service::retain::Put& put, service::retain::ReplyReader& replies, UnixMs now_ms);
  void look_at(const service::retain::PutBy& by, service::retain::ReplyReader& replies, UnixMs now_ms);
  void look_at(const service::retain::Expire& expire, service::retain::ReplyReader& replies, UnixMs now_ms);
  void look_at(const service::retain::Lapse& lapse, service::retain::ReplyReader& replies, UnixMs now_ms);
  void look_at(const service::retain::Import&, service::retain::ReplyReader& replies, UnixMs) {
    (void)replies.next<service::retain::Import>();
  }
  void on_put(const service::retain::Put& put, const Result<service::retain::PutReply>& reply);
  void on_time(std::string_view topic, const Result<service::retain::PutReply>& reply, UnixMs now_ms);

  World& world_;
  std::map<kv::RangeId, std::pair<std::uint64_t, std::uint32_t>> seen_;  // the last index and ordinal
  std::map<std::string, UnixMs> expires_ms_;                             // by topic, of those that do
};

}  // namespace tenon::sim
