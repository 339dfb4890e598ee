#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::store::test {

// Damage to the pages of a file of storage/sqlite that hold a text, and its repair.
class DamagedPages {
 public:
  DamagedPages(std::string path, std::string_view text) : path_(std::move(path)) {
    std::ifstream file(path_, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (std::size_t at = 0; at + page_bytes <= bytes.size(); at += page_bytes)
      if (std::string_view(bytes).substr(at, page_bytes).find(text) != std::string_view::npos)
        places_.push_back(at + page_bytes / 2);
    EXPECT_FALSE(places_.empty()) << path_;
    flip();
  }
  void repair() { flip(); }

 private:
  void flip() {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    for (const std::size_t at : places_) {
      file.seekg(static_cast<std::streamoff>(at));
      const char before = static_cast<char>(file.get());
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(before ^ 1));
    }
  }

  static constexpr std::size_t page_bytes = 4096;
  const std::string path_;
  std::vector<std::size_t> places_;
};

}  // namespace tenon::store::test
