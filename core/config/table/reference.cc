#include "config/table/reference.h"

#include <string_view>

#include "config/checks/check_value.h"
#include "config/table/descriptor.h"

namespace tenon::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration keys

<!-- Generated from the table in core/config/table; `tenon-config-doc reference` writes this page. -->

Every key that the broker knows. `tenond --check` says what is wrong with a configuration, `tenond
--print-config` shows each value with the place that it comes from.

## Where values come from

A later source wins over an earlier one:

1. the defaults on this page;
2. the vendor's directory, `/usr/share/tenon/conf.d` in packages;
3. the operator's directory, `/etc/tenon/conf.d`, or those given with `--conf-dir DIR`, in that order;
4. environment variables: `TENON_LISTENERS__DEFAULT__PORT=1884` sets `listeners.default.port`. Two underscores
   stand for each dot and capitals become small, so names with capitals or `-` can only be set in other ways;
5. `--set listeners.default.port=1884`.

Values of variables and of `--set` are JSON; what is no JSON is taken as a string.

A directory is read file by file in the order of the names, `NN-topic.json`; files that do not end in `.json`,
hidden ones and subdirectories are passed over. A file holds one JSON map in UTF-8, at most 1 MiB, in which
`//` and `/* */` comments may stand. What a file does not mention stays as earlier sources left it:

- maps merge, key by key;
- numbers, strings, `true`, `false` and lists replace what was there;
- `null` takes away what earlier sources said, so that the default holds again, or a named entry is gone.

An unknown key, a value of the wrong type and a name that leads nowhere are errors, all of which are reported,
and the broker does not start with any. Names chosen by the operator, `<name>` below, are 1 to 64 of `a-z`,
`A-Z`, `0-9`, `-` and `_`, and start with a letter or a digit.

## How to read the entries

*Live* keys take a new value when the broker reads its configuration again (SIGHUP); *restart* keys need a
restart, and the reload says so. A key marked **stored, not yet used** is read and checked, but nothing in
this version acts on it. Durations and sizes are integers in the unit that the entry names.
)";

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// `stores.{a,b}.x.*` as readers know it: `stores.<a|b>.x.<name>`.
std::string shown_path(std::string_view pattern) {
  std::string path = replace_all(std::string(pattern), "*", "<name>");
  path = replace_all(std::move(path), "{", "<");
  path = replace_all(std::move(path), "}", ">");
  return replace_all(std::move(path), ",", "|");
}

std::string default_of(const Descriptor& row) {
  if (!row.default_note.empty()) return "default: " + std::string(row.default_note);
  if (!row.default_json.empty()) return "default `" + std::string(row.default_json) + "`";
  return row.required == Required::yes ? "**must be given**" : "no default";
}

std::string facts_of(const Descriptor& row) {
  const bool entry = row.type == Type::map;
  std::string facts = entry ? "a map of the keys below" : expected(row) + " · " + default_of(row);
  facts += row.reload == Reload::live ? " · live" : " · restart";
  if (row.secret == Secret::yes) facts += " · secret";
  if (row.use == Use::stored) facts += " · **stored, not yet used**";
  return facts;
}

std::string entry_of(const Descriptor& row) {
  return "\n### `" + shown_path(row.path) + "`\n\n" + facts_of(row) + "\n\n" + std::string(row.doc) + "\n";
}

}  // namespace

std::string reference_page() {
  std::string page(introduction);
  for (const Topic& topic : topics()) {
    page += "\n## " + std::string(topic.title) + "\n\n" + std::string(topic.doc) + "\n";
    for (const Descriptor& row : topic.rows) page += entry_of(row);
  }
  return page;
}

}  // namespace tenon::config
