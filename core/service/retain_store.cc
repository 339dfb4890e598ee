#include "service/retain_store.h"

#include <map>
#include <string>

#include "session/publication.h"
#include "topic/retained_index.h"

namespace tenon::service {

struct RetainStore::Index {
  explicit Index(std::uint64_t seed) : topics(seed) {}
  topic::RetainedIndex<Ref<Message>> topics;
  // Topics by the time at which their message expires; entries of messages replaced meanwhile are passed
  // over.
  std::multimap<UnixMs, std::string> expiries;
};

RetainStore::RetainStore(std::uint64_t count_max, std::uint64_t hash_seed)
    : count_max_(count_max), index_(std::make_unique<Index>(hash_seed)) {}
RetainStore::~RetainStore() = default;

RetainStore::Put RetainStore::put(Ref<Message> message) {
  const MessageView view = message->view();
  if (view.payload.empty()) return index_->topics.erase(view.topic) ? Put::removed : Put::nothing;
  if (index_->topics.size() >= count_max_ && !index_->topics.find(view.topic)) return Put::full;
  if (view.expires_at_ms != 0) index_->expiries.emplace(view.expires_at_ms, view.topic);
  index_->topics.set(view.topic, std::move(message));
  return Put::stored;
}

void RetainStore::collect(std::string_view pattern, UnixMs now_ms,
                          std::vector<Ref<Message>>& messages) const {
  index_->topics.match(pattern, [&](std::string_view, const Ref<Message>& message) {
    if (!session::has_expired(message->view(), now_ms)) messages.push_back(message);
    return true;
  });
}

void RetainStore::tick(UnixMs now_ms, std::size_t count_max) {
  auto& expiries = index_->expiries;
  while (!expiries.empty() && expiries.begin()->first <= now_ms && count_max-- > 0) {
    const auto at = expiries.begin();
    const Ref<Message>* message = index_->topics.find(at->second);
    if (message && (*message)->view().expires_at_ms == at->first) index_->topics.erase(at->second);
    expiries.erase(at);
  }
}

std::size_t RetainStore::size() const {
  return index_->topics.size();
}
std::size_t RetainStore::memory_bytes() const {
  return index_->topics.memory_bytes();
}

}  // namespace tenon::service
