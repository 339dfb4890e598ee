#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_notices.h"
#include "service/inbox/inbox_records.h"
#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// How long sessions live and what becomes of their wills, by the commands that were applied, each once, and
// by what was said about them:
//   - a session is there until its expiry has passed by the time of its range, and not for longer (INV-S4);
//   - a will is handed out to be published once it is due, not before, and not again within half a minute nor
//   once somebody has said that it was published (INV-W1); one that was cancelled never is.
//     One that is held for its former holder's word is due by that, or when its time is up.
// What is written here follows the contract of inbox_ops.h, not the machine.
class SessionChecker final : public NodeObserver {
 public:
  explicit SessionChecker(World& world) : world_(world) {}

  void on_applied(const AppliedCommand& command) override;

  // Sessions that could end, and wills that are not yet known to be published.
  std::size_t open_count() const;
  std::uint64_t ended_count() const { return ended_count_; }
  std::uint64_t will_count() const { return will_count_; }

 private:
  using WillKey = std::pair<std::uint64_t, std::uint64_t>;  // number and epoch
  enum class WillState : std::uint8_t { waiting, due, published, cancelled };
  struct Will {
    WillState state = WillState::waiting;
    std::uint32_t delay_s = 0;
    UnixMs due_ms = INT64_MAX;  // while its session is detached
    UnixMs handed_ms = 0;       // when it was handed out last
    bool is_held = false;       // until its former holder has said what is to become of it, or due_ms
  };
  struct Session {
    kv::RangeId range;
    std::uint64_t number = 0;
    std::uint64_t epoch = 0;
    std::uint64_t candidate = 0;
    service::inbox::Holder holder;
    bool attached = false;
    std::uint32_t expiry_s = 0;
    UnixMs expires_ms = INT64_MAX;
  };
  using Sessions = std::map<std::string, Session>;  // by client id

  void follow(const service::inbox::Attach& op, const service::inbox::AttachReply& reply) {
    attach(op, 0, reply);
  }
  void follow(const service::inbox::AttachHolding& op, const service::inbox::AttachReply& reply) {
    attach(op.attach, op.hold_s, reply);
  }
  void follow(const service::inbox::SettleWill& op, const service::inbox::EndReply& reply);
  void follow(const service::inbox::Detach& op, const service::inbox::EndReply& reply);
  void follow(const service::inbox::Append& op, const service::inbox::AppendReply& reply);
  void follow(const service::inbox::WillDone& op, const service::inbox::StatusReply& reply);
  void follow(const service::inbox::NodeGone& op, const service::inbox::NodeGoneReply& reply);
  template <class Op, class Reply>
  void follow(const Op&, const Reply&) {}
  void follow(const service::inbox::SessionEnded& notice);
  void follow(const service::inbox::WillIsDue& notice);
  template <class Notice>
  void follow(const Notice&) {}

  // The session is alive at the command's stamp.
  bool is_alive(const Session& session) const {
    return session.attached ? true : session.expires_ms > now_ms_;
  }
  void attach(const service::inbox::Attach& op, std::uint32_t hold_s,
              const service::inbox::AttachReply& reply);
  Will* waiting_will(const Session& session);
  void detach(Session& session, std::uint32_t expiry_s);
  void make_due(Will& will) { will.due_ms = std::min(will.due_ms, now_ms_); }
  void end(const std::string& client);
  void hand_out(const service::inbox::DueWill& will);
  // Another will of this session became due before the one of this epoch, and is not done.
  bool has_older_will(std::uint64_t number, std::uint64_t epoch) const;
  // The will, if it is due now and need not wait for an older one, must be what the reply hands out.
  void require_will(const Session& session, const std::optional<service::inbox::DueWill>& handed);
  void fail(std::string_view client, const std::string& what) {
    world_.fail(std::string(client) + ": " + what);
  }

  World& world_;
  std::map<kv::RangeId, std::pair<std::uint64_t, std::uint32_t>> seen_;  // the last index and ordinal
  Sessions sessions_;
  std::map<WillKey, Will> wills_;
  UnixMs now_ms_ = 0;  // of the command that is followed
  kv::RangeId range_;  // the same
  std::uint64_t ended_count_ = 0;
  std::uint64_t will_count_ = 0;
};

}  // namespace tenon::sim
