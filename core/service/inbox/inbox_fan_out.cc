#include "service/inbox/inbox_fan_out.h"

#include <algorithm>

#include "service/inbox/inbox_commands.h"

namespace tenon::service::inbox {

FanOut::FanOut(const StoredMessage& message, const Limits& limits, const std::optional<Origin>& origin)
    : is_relay_(origin.has_value()) {
  FormWriter form(head_);
  if (origin) form(*origin);
  form(message, limits);
}

void FanOut::add(const Append::Target& target) {
  Place& place = places_.emplace_back();
  place.target = static_cast<std::uint32_t>(places_.size() - 1);
  place.key_begin = static_cast<std::uint32_t>(keys_.size());
  keys_ += owner_prefix(target.owner);
  place.key_end = static_cast<std::uint32_t>(keys_.size());
  place.begin = static_cast<std::uint32_t>(targets_.size());
  FormWriter form(targets_);
  form(target);
  place.end = static_cast<std::uint32_t>(targets_.size());
}

void FanOut::sort() {
  std::stable_sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
    const std::string_view keys = keys_;
    return keys.substr(a.key_begin, a.key_end - a.key_begin) <
           keys.substr(b.key_begin, b.key_end - b.key_begin);
  });
}

std::string_view FanOut::key(std::size_t at) const {
  const Place& place = places_[at];
  return std::string_view(keys_).substr(place.key_begin, place.key_end - place.key_begin);
}

std::string FanOut::command(std::size_t begin, std::size_t end) const {
  std::string body = head_;
  WireWriter out(body);
  out.varint(end - begin);
  for (std::size_t at = begin; at < end; ++at)
    out.raw(std::string_view(targets_).substr(places_[at].begin, places_[at].end - places_[at].begin));
  return detail::batch_of_one(is_relay_ ? detail::kind_in<Relay, Op> : detail::kind_in<Append, Op>, body);
}

Result<AppendReply> FanOut::read_reply(std::string_view text) const {
  ReplyReader reader(text);
  return is_relay_ ? reader.next<Relay>() : reader.next<Append>();
}

}  // namespace tenon::service::inbox
