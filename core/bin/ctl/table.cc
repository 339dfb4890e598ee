#include "bin/ctl/table.h"

#include <algorithm>

#include "observe/log/escape.h"

namespace tenon::ctl {

namespace {

constexpr std::size_t cell_bytes_max = 200;
constexpr std::size_t reason_bytes_max = 4000;

// Characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string shown(const std::string& text) {
  std::string out;
  observe::append_escaped(out, text, cell_bytes_max);
  return out;
}

std::string shown_reason(const std::string& text) {
  std::string out;
  observe::append_escaped(out, text, reason_bytes_max);
  return out;
}

std::string shown_whole(const std::string& text) {
  std::string out;
  observe::append_escaped(out, text, text.size());
  return out;
}

std::string Table::to_text() const {
  std::vector<std::vector<std::string>> cells = rows_;
  std::vector<std::size_t> widths(rows_.front().size());
  for (auto& row : cells)
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = shown(row[i]);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  std::string out;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += "  " + row[i] + std::string(widths[i] - width(row[i]), ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace tenon::ctl
