#include "broker/operate/cut_off.h"

#include <algorithm>
#include <utility>

#include "base/digest/hash.h"

namespace tenon::broker {

namespace {

// 0 .. all_of_them - 1, evenly.
std::uint32_t turn_of(std::string_view session, std::uint64_t salt) {
  return static_cast<std::uint32_t>(keyed_hash(session, salt) % CutOff::all_of_them);
}

}  // namespace

void CutOff::set(std::vector<Keys> keys, Redirects::Addresses addresses) {
  const std::lock_guard lock(mutex_);
  is_on_.store(!keys.empty(), std::memory_order_relaxed);
  keys_ = std::move(keys);
  if (keys_.empty())
    redirects_.end();
  else
    redirects_.begin(mqtt::ReasonCode::use_another_server, std::move(addresses));
}

std::optional<CutOff::Keys> CutOff::find(std::string_view session) const {
  if (!is_on()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Keys& keys) {
    return session >= keys.begin && (keys.end.empty() || session < keys.end);
  });
  return found == keys_.end() ? std::nullopt : std::optional(*found);
}

bool CutOff::covers(std::string_view session) const {
  return find(session).has_value();
}

std::optional<Redirects::Redirect> CutOff::to_go(std::string_view session, std::string_view listener) {
  const auto keys = find(session);
  if (!keys || turn_of(session, keys->salt) >= keys->share) return std::nullopt;
  return redirects_.next(listener);
}

}  // namespace tenon::broker
