/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/abi/module.h>

#include <algorithm>
#include <cstring>

#include <tenon/bytes.hpp>

TENON_SDK_BEGIN

// Host tables by value: a full-size copy, filled with zeroes where the host's own table ends. An older host's
// shorter table and a newer host's longer one both work; a missing function is a null pointer, a missing
// table all null. Made in init (or in create for the log); copied freely; [any].
template <class Table>
class HostTable {
 public:
  HostTable() = default;
  HostTable(const tenon_host* host, const char* id) : host_(host) {
    const void* offered = host && host->get_interface ? host->get_interface(host, id) : nullptr;
    if (!offered) return;
    std::uint32_t size = 0;
    std::memcpy(&size, offered, sizeof size);
    std::memcpy(&table_, offered, std::min<std::size_t>(size, sizeof table_));
    table_.struct_size = sizeof table_;
    present_ = true;
  }

  explicit operator bool() const { return present_; }
  const Table* operator->() const { return &table_; }
  const tenon_host* host() const { return host_; }

 private:
  const tenon_host* host_ = nullptr;
  bool present_ = false;
  Table table_{};
};

TENON_SDK_END
