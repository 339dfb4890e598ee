#include "broker/listen/listener_contexts.h"

#include <algorithm>
#include <iterator>

namespace tenon::broker {

void ListenerContexts::set(ListenerContext context) {
  contexts_.push_back(std::make_unique<const ListenerContext>(std::move(context)));
  current_.store(contexts_.back().get(), std::memory_order_release);
}

void ListenerContexts::forget(const std::function<void()>& settle) {
  const auto is_needed = [this](const auto& context) {
    return context.get() == current_.load(std::memory_order_relaxed) || context->has_links();
  };
  if (std::ranges::all_of(contexts_, is_needed)) return;
  settle();  // who has just looked one up has counted himself by now
  const auto over = std::ranges::stable_partition(contexts_, is_needed);
  const std::vector<std::unique_ptr<const ListenerContext>> gone(std::move_iterator(over.begin()),
                                                                 std::move_iterator(over.end()));
  contexts_.erase(over.begin(), over.end());
  settle();  // who was its last link has let go of it by now
}

}  // namespace tenon::broker
