#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "broker/listen/listener_context.h"

namespace tenon::broker {

// What a listener gives to the links that come now, and what it gave to those that are still there: each goes
// with the last link that has it.
class ListenerContexts {
 public:
  // Links that are opened from now on have this. [control]
  void set(ListenerContext context);
  // What set() gave last. It stays until forget() has settled behind the next one: for the turn of a worker,
  // and for as long as ListenerContext::add_link says. REQUIRES: set() was called. Any thread.
  const ListenerContext& current() const { return *current_.load(std::memory_order_acquire); }
  // Destroys what was replaced and no link has. `settle` is called up to twice, and not if there is nothing:
  // it returns when whoever might have looked one up before has either counted himself or let go. [control]
  void forget(const std::function<void()>& settle);
  std::size_t size() const { return contexts_.size(); }

 private:
  std::vector<std::unique_ptr<const ListenerContext>> contexts_;
  std::atomic<const ListenerContext*> current_{nullptr};
};

}  // namespace tenon::broker
