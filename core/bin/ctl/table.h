#pragma once

#include <string>
#include <vector>

namespace tenon::ctl {

// Rows of text in aligned columns, two spaces apart and indented by two. What a terminal would act on is
// escaped.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }

  // REQUIRES: as many cells as heads.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  std::string to_text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// `text` as a terminal may show it: one line, of bounded length.
std::string shown(const std::string& text);
// The same for a reason, which may be long.
std::string shown_reason(const std::string& text);
// The same without a bound, for what was asked for itself.
std::string shown_whole(const std::string& text);

}  // namespace tenon::ctl
