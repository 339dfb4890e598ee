#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/bytes.hpp>

namespace tenon::test {

// The writes of one call as bytes, all numbers as this machine has them.
class RecordWriter {
 public:
  void add(const tenon_log_write& write) {
    for (const std::uint64_t number : {write.group.range, write.group.incarnation, std::uint64_t{write.flags},
                                       write.base.index, write.base.term})
      add(number);
    add(sdk::text_of(write.hard_state));
    add(std::uint64_t{write.entry_count});
    for (std::uint32_t i = 0; i < write.entry_count; ++i) {
      add(write.entries[i].at.index);
      add(write.entries[i].at.term);
      add(sdk::text_of(write.entries[i].data));
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void add(std::uint64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    bytes_ += text;
  }
  std::string bytes_;
};

// And back. The bytes are whole.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : left_(bytes) {}

  bool has_more() const { return !left_.empty(); }
  // Its texts are those of the bytes, its entries those of this, until the next call.
  tenon_log_write next() {
    tenon_log_write write{};
    write.group = {number(), 0};
    write.group.incarnation = number();
    write.flags = static_cast<std::uint32_t>(number());
    write.base.index = number();
    write.base.term = number();
    write.hard_state = sdk::abi(text());
    entries_.resize(static_cast<std::size_t>(number()));
    for (tenon_log_entry& entry : entries_) {
      entry = {};
      entry.at.index = number();
      entry.at.term = number();
      entry.data = sdk::abi(text());
    }
    write.entry_count = static_cast<std::uint32_t>(entries_.size());
    write.entries = entries_.data();
    return write;
  }

 private:
  std::uint64_t number() {
    std::uint64_t number = 0;
    left_.copy(reinterpret_cast<char*>(&number), sizeof number);
    left_.remove_prefix(sizeof number);
    return number;
  }
  std::string_view text() {
    const auto size = static_cast<std::size_t>(number());
    const std::string_view text = left_.substr(0, size);
    left_.remove_prefix(size);
    return text;
  }
  std::string_view left_;
  std::vector<tenon_log_entry> entries_;
};

}  // namespace tenon::test
