#include "sim/checkers/retained_checker.h"

#include "service/retain/retain_ops.h"

namespace tenon::sim {

namespace retain = service::retain;

void RetainedChecker::on_applied(const AppliedCommand& command) {
  if (command.store != kv::StoreId::retain || !command.was_ok) return;
  const std::pair<std::uint64_t, std::uint32_t> place{command.index, command.ordinal};
  const auto [seen, is_first] = seen_.try_emplace(command.range, place);
  if (!is_first) {
    if (seen->second >= place) return;
    seen->second = place;
  }
  const auto ops = service::read_batch<retain::Op>(command.text);
  if (!ops.ok()) return;
  retain::ReplyReader replies(command.reply);
  for (const retain::Op& op : *ops) {
    if (const auto* put = std::get_if<retain::Put>(&op)) {
      const auto reply = replies.next<retain::Put>();
      const session::MessageView& message = put->message.view;
      if (!reply.ok() || reply->status == retain::PutStatus::full) continue;
      expires_ms_.erase(std::string(message.topic));
      if (!message.payload.empty() && message.expires_at_ms != 0)
        expires_ms_[std::string(message.topic)] = message.expires_at_ms;
    } else if (const auto* expire = std::get_if<retain::Expire>(&op)) {
      const auto reply = replies.next<retain::Expire>();
      if (!reply.ok() || reply->status != retain::PutStatus::removed) continue;
      const auto known = expires_ms_.find(std::string(expire->topic));
      if (known == expires_ms_.end())
        world_.fail("the retained message of " + std::string(expire->topic) +
                    " has expired, which does not expire");
      else if (command.now_ms < known->second)
        world_.fail("the retained message of " + std::string(expire->topic) + " has expired too early");
      expires_ms_.erase(std::string(expire->topic));
    }
  }
}

}  // namespace tenon::sim
