/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/buf.h>

#include <utility>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.buf/1 (draft; list it in requires_host). [any]
class BufTable : public HostTable<tenon_host_buf> {
 public:
  BufTable() = default;
  explicit BufTable(const tenon_host* host) : HostTable(host, TENON_HOST_BUF_ID) {}
};

// One reference to reference-counted immutable bytes. `table` must outlive it.
class BufRef {
 public:
  BufRef() = default;
  // Takes over a reference.
  BufRef(const BufTable& table, tenon_buf* buf) : table_(&table), buf_(buf) {}
  BufRef(const BufRef& other) : table_(other.table_), buf_(other.buf_) {
    if (buf_) (*table_)->retain(buf_);
  }
  BufRef(BufRef&& other) noexcept : table_(other.table_), buf_(std::exchange(other.buf_, nullptr)) {}
  BufRef& operator=(BufRef other) noexcept {
    std::swap(table_, other.table_);
    std::swap(buf_, other.buf_);
    return *this;
  }
  ~BufRef() {
    if (buf_) (*table_)->release(buf_);
  }

  explicit operator bool() const { return buf_ != nullptr; }
  Bytes bytes() const { return bytes_of((*table_)->bytes(buf_)); }
  tenon_buf* get() const { return buf_; }
  // Gives the reference to the caller.
  tenon_buf* release() { return std::exchange(buf_, nullptr); }

 private:
  const BufTable* table_ = nullptr;
  tenon_buf* buf_ = nullptr;
};

TENON_SDK_END
