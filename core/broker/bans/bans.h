#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "broker/bans/ban_list.h"

namespace tenon::broker {

// The bans that this node obeys. Any thread.
class Bans {
 public:
  void set(std::shared_ptr<const BanList> list) {
    const bool any = !list->bans().empty();
    {
      const std::lock_guard lock(mutex_);
      list_ = std::move(list);
    }
    any_.store(any, std::memory_order_release);
  }

  // The ban that keeps it out; empty: none. Where there are no bans this is one load.
  std::optional<Ban> find(const BanSubject& subject, UnixMs now_ms) const {
    if (!any_.load(std::memory_order_acquire)) return std::nullopt;
    const auto list = this->list();
    const Ban* ban = list->find(subject, now_ms);
    return ban ? std::optional(*ban) : std::nullopt;
  }

  std::shared_ptr<const BanList> list() const {
    const std::lock_guard lock(mutex_);
    return list_;
  }

 private:
  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const BanList> list_ = std::make_shared<const BanList>();
};

}  // namespace tenon::broker
