#include "service/retain_store.h"

#include <map>
#include <string>

#include "base/text/tenant_topic.h"
#include "session/publication.h"
#include "topic/retained_index.h"

namespace tenon::service {

struct RetainStore::Index {
  explicit Index(std::uint64_t seed) : topics(seed) {}
  struct Kept {
    Ref<Message> message;
    std::uint64_t number = 0;
    const Message* operator->() const { return message.get(); }
  };
  topic::RetainedIndex<Kept> topics;
  std::uint64_t last_number = 0;
  // Topics by the time at which their message expires; entries of messages replaced meanwhile are passed
  // over.
  std::multimap<UnixMs, std::string> expiries;
  std::uint64_t message_bytes = 0;
  std::map<std::string, Usage, std::less<>> usage;  // by tenant; none without topics

  bool erase(std::string_view topic) {
    const auto former = topics.erase(topic);
    if (former) {
      message_bytes -= (*former)->memory_bytes();
      drop_usage(topic, (*former)->memory_bytes());
    }
    return former.has_value();
  }

  void add_usage(std::string_view topic, std::uint64_t bytes) {
    const std::string_view tenant = tenant_of_topic(topic);
    auto found = usage.find(tenant);
    if (found == usage.end()) found = usage.emplace(tenant, Usage{}).first;
    ++found->second.topics;
    found->second.bytes += bytes;
  }
  void drop_usage(std::string_view topic, std::uint64_t bytes) {
    const auto found = usage.find(tenant_of_topic(topic));
    found->second.bytes -= bytes;
    if (--found->second.topics == 0) usage.erase(found);
  }

  void note_expiry(UnixMs at_ms, const std::string& topic) {
    expiries.emplace(at_ms, topic);
    constexpr std::size_t slack = 64;
    if (expiries.size() <= 2 * topics.size() + slack) return;
    // Most entries are of messages that were replaced: keep those that still hold.
    std::erase_if(expiries, [this](const auto& entry) {
      const Kept* message = topics.find(entry.second);
      return !message || (*message)->view().expires_at_ms != entry.first;
    });
  }
};

RetainStore::RetainStore(const Limits& limits, std::uint64_t hash_seed)
    : limits_(limits), index_(std::make_unique<Index>(hash_seed)) {}
RetainStore::~RetainStore() = default;

RetainStore::Put RetainStore::put(Ref<Message> message) {
  const MessageView view = message->view();
  if (view.payload.empty()) return index_->erase(view.topic) ? Put::removed : Put::nothing;
  const Index::Kept* former = index_->topics.find(view.topic);
  if (!former && index_->topics.size() >= limits_.count_max) return Put::full;
  const std::uint64_t others = index_->message_bytes - (former ? (*former)->memory_bytes() : 0);
  const std::uint64_t bytes = message->memory_bytes();
  if (bytes > limits_.bytes_max || others > limits_.bytes_max - bytes) return Put::full;
  index_->message_bytes = others + bytes;
  if (former) index_->drop_usage(view.topic, (*former)->memory_bytes());
  index_->add_usage(view.topic, bytes);
  const UnixMs expires_at_ms = view.expires_at_ms;
  const std::string topic(view.topic);
  index_->topics.set(topic, {std::move(message), ++index_->last_number});
  if (expires_at_ms != 0) index_->note_expiry(expires_at_ms, topic);
  return Put::stored;
}

std::uint64_t RetainStore::last_number() const {
  return index_->last_number;
}

bool RetainStore::collect(std::string_view pattern, UnixMs now_ms, std::uint64_t number_max,
                          std::size_t count_max, std::vector<Ref<Message>>& messages) const {
  return index_->topics.match(pattern, [&](const Index::Kept& kept) {
    if (kept.number <= number_max && !session::has_expired(kept->view(), now_ms))
      messages.push_back(kept.message);
    return messages.size() < count_max;
  });
}

bool RetainStore::has_same(const MessageView& message) const {
  const Index::Kept* kept = index_->topics.find(message.topic);
  if (!kept) return message.payload.empty();
  const MessageView view = (*kept)->view();
  return as_text(view.payload) == as_text(message.payload) &&
         as_text(view.forwarded) == as_text(message.forwarded) &&
         view.expires_at_ms == message.expires_at_ms && view.qos == message.qos;
}

void RetainStore::for_each_topic(const std::function<void(std::string_view topic)>& fn) const {
  index_->topics.for_each([&](std::string_view topic, const Index::Kept&) {
    fn(topic);
    return true;
  });
}

void RetainStore::clear(const std::function<bool(std::string_view topic)>& is_to_go) {
  std::vector<std::string> topics;
  for_each_topic([&](std::string_view topic) {
    if (is_to_go(topic)) topics.emplace_back(topic);
  });
  for (const std::string& topic : topics) index_->erase(topic);
}

bool RetainStore::holds(const Message& message) const {
  const Index::Kept* kept = index_->topics.find(message.view().topic);
  return kept && kept->message.get() == &message;
}

void RetainStore::tick(UnixMs now_ms, std::size_t count_max) {
  auto& expiries = index_->expiries;
  while (!expiries.empty() && expiries.begin()->first <= now_ms && count_max-- > 0) {
    const auto at = expiries.begin();
    const Index::Kept* message = index_->topics.find(at->second);
    if (message && (*message)->view().expires_at_ms == at->first) index_->erase(at->second);
    expiries.erase(at);
  }
}

RetainStore::Usage RetainStore::usage_of(std::string_view tenant) const {
  const auto found = index_->usage.find(tenant);
  return found == index_->usage.end() ? Usage{} : found->second;
}

RetainStore::Usage RetainStore::usage_with(const Message& message) const {
  const std::string_view topic = message.view().topic;
  Usage usage = usage_of(tenant_of_topic(topic));
  if (const Index::Kept* former = index_->topics.find(topic)) {
    --usage.topics;
    usage.bytes -= (*former)->memory_bytes();
  }
  if (!message.view().payload.empty()) {
    ++usage.topics;
    usage.bytes += message.memory_bytes();
  }
  return usage;
}

std::size_t RetainStore::size() const {
  return index_->topics.size();
}
std::size_t RetainStore::memory_bytes() const {
  return index_->topics.memory_bytes() + index_->message_bytes;
}

}  // namespace tenon::service
