#include "config/json/json_writer.h"

namespace tenon::config {
namespace {

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out.push_back(digits[c >> 4]);
  out.push_back(digits[c & 15]);
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      append_escape(out, static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append(std::string& out, const Value& value);

void append_list(std::string& out, const Value& value) {
  out.push_back('[');
  for (const Value& item : value.items) {
    if (&item != value.items.data()) out.push_back(',');
    append(out, item);
  }
  out.push_back(']');
}

void append_map(std::string& out, const Value& value) {
  out.push_back('{');
  for (const Member& member : value.members) {
    if (&member != value.members.data()) out.push_back(',');
    append_quoted(out, member.key);
    out.push_back(':');
    append(out, member.value);
  }
  out.push_back('}');
}

void append(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(value.integer);
      return;
    case Kind::number:
      out += value.text;
      return;
    case Kind::string:
      append_quoted(out, value.text);
      return;
    case Kind::list:
      append_list(out, value);
      return;
    case Kind::map:
      append_map(out, value);
      return;
  }
}

}  // namespace

std::string to_json(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string json_quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace tenon::config
