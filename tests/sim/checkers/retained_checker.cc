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
  for (const retain::Op& op : *ops)
    std::visit([&](const auto& one) { look_at(one, replies, command.now_ms); }, op);
}

void RetainedChecker::look_at(const retain::Put& put, retain::ReplyReader& replies, UnixMs) {
  on_put(put, replies.next<retain::Put>());
}

void RetainedChecker::look_at(const retain::PutBy& by, retain::ReplyReader& replies, UnixMs) {
  on_put(by.put, replies.next<retain::PutBy>());
}

void RetainedChecker::look_at(const retain::Expire& expire, retain::ReplyReader& replies, UnixMs now_ms) {
  on_time(expire.topic, replies.next<retain::Expire>(), now_ms);
}

void RetainedChecker::look_at(const retain::Lapse& lapse, retain::ReplyReader& replies, UnixMs now_ms) {
  on_time(lapse.topic, replies.next<retain::Lapse>(), now_ms);
}

void RetainedChecker::on_put(const retain::Put& put, const Result<retain::PutReply>& reply) {
  using retain::PutStatus;
  const session::MessageView& message = put.message.view;
  if (!reply.ok() || reply->status == PutStatus::full || reply->status == PutStatus::late) return;
  expires_ms_.erase(std::string(message.topic));
  if (!message.payload.empty() && message.expires_at_ms != 0)
    expires_ms_[std::string(message.topic)] = message.expires_at_ms;
}

void RetainedChecker::on_time(std::string_view topic, const Result<retain::PutReply>& reply, UnixMs now_ms) {
  if (!reply.ok() || reply->status != retain::PutStatus::removed) return;
  const auto known = expires_ms_.find(std::string(topic));
  if (known == expires_ms_.end())
    world_.fail("the retained message of " + std::string(topic) + " has expired, which does not expire");
  else if (now_ms < known->second)
    world_.fail("the retained message of " + std::string(topic) + " has expired too early");
  expires_ms_.erase(std::string(topic));
}

}  // namespace tenon::sim
