#include "config/json/value.h"

#include <algorithm>
#include <utility>

namespace tenon::config {

std::string Origin::file_line() const {
  if (!source) return "default";
  return line == 0 ? *source : *source + ":" + std::to_string(line);
}

std::string Origin::file_line_column() const {
  return line == 0 ? file_line() : file_line() + ":" + std::to_string(column);
}

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value Value::make_map(Origin origin) {
  Value value;
  value.kind = Kind::map;
  value.origin = std::move(origin);
  return value;
}

Value Value::make_string(std::string text, Origin origin) {
  Value value;
  value.kind = Kind::string;
  value.text = std::move(text);
  value.origin = std::move(origin);
  return value;
}

bool same_content(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return a.boolean == b.boolean;
    case Kind::integer:
      return a.integer == b.integer;
    case Kind::number:
    case Kind::string:
      return a.text == b.text;
    case Kind::list:
      return std::ranges::equal(a.items, b.items, same_content);
    case Kind::map:
      return a.members.size() == b.members.size() && std::ranges::all_of(a.members, [&](const Member& m) {
               const Value* other = b.find(m.key);
               return other && same_content(m.value, *other);
             });
  }
  return false;
}

}  // namespace tenon::config
