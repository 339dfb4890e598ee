#pragma once

#include <cstdint>
#include <utility>

#include <tenon/transport.hpp>

namespace tenon::transport_tcp {

// The host's callbacks, kept for as long as anything of one worker may call them: links outlive their
// listener. Counted without locks; copies stay on one worker.
class SharedEvents {
 public:
  SharedEvents() = default;
  explicit SharedEvents(const sdk::LinkEvents& events) : kept_(new Kept{events}) {}
  SharedEvents(const SharedEvents& other) : kept_(other.kept_) {
    if (kept_) ++kept_->refs;
  }
  SharedEvents(SharedEvents&& other) noexcept : kept_(std::exchange(other.kept_, nullptr)) {}
  SharedEvents& operator=(SharedEvents other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~SharedEvents() {
    if (kept_ && --kept_->refs == 0) delete kept_;
  }

  const sdk::LinkEvents* operator->() const { return &kept_->events; }

 private:
  struct Kept {
    sdk::LinkEvents events;
    std::uint32_t refs = 1;
  };
  Kept* kept_ = nullptr;
};

}  // namespace tenon::transport_tcp
