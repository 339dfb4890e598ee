/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/random.h>

#include <span>

#include <tenon/host.hpp>

TENON_SDK_BEGIN

// tenon.host.random/1 (draft; list it in requires_host). [any]
class Random {
 public:
  Random() = default;
  explicit Random(const tenon_host* host) : table_(host, TENON_HOST_RANDOM_ID) {}
  void fill(std::span<std::uint8_t> out) const { table_->fill(table_.host(), abi(out)); }
  std::uint64_t next() const {
    std::uint64_t value = 0;
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    return value;
  }

 private:
  HostTable<tenon_host_random> table_;
};

TENON_SDK_END
