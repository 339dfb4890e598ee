/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/host/async.h>

#include <span>
#include <utility>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.async/1. [any]
class Async {
 public:
  Async() = default;
  explicit Async(const tenon_host* host) : table_(host, TENON_HOST_ASYNC_ID) {}

  // Closes one operation. False: the host no longer knew it.
  bool complete(tenon_op op, tenon_status status) const {
    const tenon_completion one{sizeof one, status, op};
    return complete({&one, 1}) == 1;
  }
  // Closes many with one wake-up. Returns how many the host accepted.
  std::uint32_t complete(std::span<const tenon_completion> many) const {
    if (!table_->complete) return 0;
    return table_->complete(table_.host(), many.data(), static_cast<std::uint32_t>(many.size()),
                            sizeof(tenon_completion));
  }

 private:
  HostTable<tenon_host_async> table_;
};

// Owns one open operation: whoever holds it has promised to close it. Destroyed unfinished, it closes the
// operation with TENON_E_INTERNAL, so that a lost path in a plugin is an error to the caller instead of a
// leak. Make one only when the function that got the token is going to answer TENON_PENDING.
class OpHandle {
 public:
  OpHandle() = default;
  // `async` must outlive the handle.
  OpHandle(const Async& async, tenon_op op) : async_(&async), op_(op) {}
  OpHandle(OpHandle&& other) noexcept : async_(other.async_), op_(std::exchange(other.op_, 0)) {}
  OpHandle& operator=(OpHandle&& other) noexcept {
    std::swap(async_, other.async_);
    std::swap(op_, other.op_);
    return *this;
  }
  ~OpHandle() { finish(TENON_E_INTERNAL); }

  explicit operator bool() const { return op_ != 0; }
  tenon_op token() const { return op_; }
  // Closes the operation; later calls do nothing.
  void finish(tenon_status status) {
    if (const tenon_op op = std::exchange(op_, 0); op != 0) async_->complete(op, status);
  }
  // Gives the duty to close it to the caller.
  tenon_op release() { return std::exchange(op_, 0); }

 private:
  const Async* async_ = nullptr;
  tenon_op op_ = 0;
};

TENON_SDK_END
