#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// The files of this plugin are texts of lines. Reading one costs one pass; all errors are sdk::Failure and
// name the file and, where there is one, the line.

namespace tenon::auth_file {

// A line of a file, for error texts.
struct Place {
  std::string_view file;
  std::size_t line = 0;

  // Throws a Failure that reads "FILE:LINE: WHY".
  [[noreturn]] void fail(std::string_view why) const;
};

// A file read whole. Immutable.
class TextFile {
 public:
  // Reads `path`, which must be an absolute path of a regular file (or a link to one) of at most `bytes_max`
  // bytes. Throws otherwise. May block on the disk.
  static TextFile read(const std::string& path, std::size_t bytes_max);
  // A text that is already here, under the name `path`.
  TextFile(std::string path, std::string content) : path_(std::move(path)), content_(std::move(content)) {}

  const std::string& path() const { return path_; }
  // Whether anybody on this machine may read it.
  bool readable_by_others() const { return readable_by_others_; }

  // Calls fn(const Place&, std::string_view text) for each line that is neither blank nor a comment ('#'
  // first). White space at the end of a line, carriage returns included, is not part of it. Throws when a
  // line holds a zero byte or is not UTF-8.
  template <class Fn>
  void for_each_line(Fn&& fn) const {
    LineCursor cursor{content_, {path_, 0}};
    for (std::string_view text; cursor.next(&text);) fn(cursor.place, text);
  }

 private:
  struct LineCursor {
    std::string_view rest;
    Place place;
    bool next(std::string_view* ret_text);
  };

  std::string path_;
  std::string content_;
  bool readable_by_others_ = false;
};

// Whether `text` is well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace tenon::auth_file
