#include "broker/durable/inbox_append.h"

namespace tenon::broker {

namespace inbox = service::inbox;

void InboxAppend::add(const Target& target) {
  const session::ShowAs& show = target.show;
  fan_out_.add({target.inbox->owner(),
                target.number,
                show.qos,
                show.retain,
                {show.subscription_ids.begin(), show.subscription_ids.end()}});
  added_.push_back({target.inbox, target.number, show.group});
}

std::vector<std::shared_ptr<const InboxAppend::Part>> InboxAppend::finish(
    std::shared_ptr<InboxAppend> append) {
  inbox::FanOut& fan_out = append->fan_out_;
  fan_out.sort();
  std::vector<std::shared_ptr<const Part>> parts;
  std::size_t begin = 0;
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < fan_out.count(); ++at) {
    const bool is_new = at == 0 || fan_out.key(at) != fan_out.key(at - 1);
    if (bytes > part_bytes_max && is_new) {
      parts.push_back(std::make_shared<const Part>(append, begin, at));
      begin = at;
      bytes = 0;
    }
    bytes += fan_out.target_bytes(at);
  }
  if (begin < fan_out.count()) parts.push_back(std::make_shared<const Part>(append, begin, fan_out.count()));
  return parts;
}

bool InboxAppend::Part::read(const store::Answer& answer, const See& see, std::uint32_t& ret_dropped) const {
  if (answer.parts.empty()) return read_part({0, count(), answer.code, answer.text}, see, ret_dropped);
  bool is_there = true;
  for (const store::PartAnswer& part : answer.parts)
    if (!read_part(part, see, ret_dropped)) is_there = false;
  return is_there;
}

bool InboxAppend::Part::read_part(const store::PartAnswer& answer, const See& see,
                                  std::uint32_t& ret_dropped) const {
  // It was applied before, and what it found is not known any more.
  if (answer.code == store::AnswerCode::duplicate) return true;
  if (answer.code != store::AnswerCode::done) return false;
  const auto reply = all_->fan_out_.read_reply(answer.text);
  if (!reply.ok() || reply->targets.size() != answer.end - answer.begin) return true;
  ret_dropped += reply->dropped;
  for (std::size_t i = 0; i < reply->targets.size(); ++i) {
    const Added& target = all_->added_[all_->fan_out_.target_at(begin_ + answer.begin + i)];
    see(target.inbox->owner(), target.number, target.group, reply->targets[i]);
  }
  return true;
}

}  // namespace tenon::broker
