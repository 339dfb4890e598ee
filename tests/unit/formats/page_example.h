#pragma once

#include <fstream>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenon {

// The worked examples of a page of docs/internals: hexadecimal lines under a heading "### name", as
//
//     0000  01 2c 05   what it means
//
// Throws std::runtime_error when the page can't be read.
class PageExamples {
 public:
  explicit PageExamples(const std::string& path) {
    std::ifstream page(path);
    if (!page) throw std::runtime_error("can't read " + path);
    static const std::regex heading("^### (.*)$");
    static const std::regex bytes("^    [0-9a-f]{4}  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  .*)?$");
    std::string name;
    std::smatch found;
    for (std::string line; std::getline(page, line);) {
      if (std::regex_match(line, found, heading)) name = found[1];
      if (std::regex_match(line, found, bytes)) take(name, found[1].str());
    }
  }

  // In hexadecimal digits without a space; empty: there is no such example.
  std::string hex(const std::string& name) const {
    const auto found = examples_.find(name);
    return found == examples_.end() ? std::string() : found->second;
  }
  std::size_t count() const { return examples_.size(); }

 private:
  void take(const std::string& name, std::string_view text) {
    for (const char c : text)
      if (c != ' ') examples_[name] += c;
  }

  std::map<std::string, std::string> examples_;
};

}  // namespace tenon
