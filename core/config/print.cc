#include "config/print.h"

#include <string_view>
#include <vector>

#include "base/text/secret_name.h"
#include "config/config.h"
#include "config/effective.h"
#include "config/json/json_writer.h"
#include "config/table/path.h"

namespace tenon::config {
namespace {

constexpr std::string_view mask = "\"***\"";
constexpr std::size_t origin_column = 56;

// A copy of a value of free-form options in which secrets inside of lists are masked.
Value masked(Value value) {
  for (Value& item : value.items) item = masked(std::move(item));
  for (Member& member : value.members) {
    const bool secret = names_a_secret(member.key);
    member.value = secret ? Value::make_string("***", member.value.origin) : masked(std::move(member.value));
  }
  return value;
}

// Free-form options, one line for each value in them that is no map.
void add_options(const Value& options, const std::string& path, Reload reload,
                 std::vector<PrintedKey>& lines) {
  for (const Member& member : options.members) {
    const std::string member_path = join_path(path, member.key);
    const Value& value = member.value;
    if (names_a_secret(member.key))
      lines.push_back({member_path, std::string(mask), value.origin.file_line(), reload, to_json(value)});
    else if (value.is_map() && !value.members.empty())
      add_options(value, member_path, reload, lines);
    else
      lines.push_back(
          {member_path, to_json(masked(value)), value.origin.file_line(), reload, to_json(value)});
  }
}

}  // namespace

std::vector<PrintedKey> printed_keys(const Config& config) {
  std::vector<PrintedKey> lines;
  for (const EffectiveKey& key : effective_keys(config)) {
    // An entry shows itself only where it has nothing else to show.
    if (key.row->type == Type::map && !key.value->members.empty()) continue;
    const bool hidden = key.row->secret == Secret::yes && key.value->origin.source;
    const std::string json = to_json(*key.value);
    if (key.row->type == Type::json)
      add_options(*key.value, key.path, key.row->reload, lines);
    else
      lines.push_back({key.path, hidden ? std::string(mask) : json, key.value->origin.file_line(),
                       key.row->reload, json});
  }
  return lines;
}

std::string print_config(const Config& config) {
  std::string out;
  for (const PrintedKey& line : printed_keys(config)) {
    std::string text = line.path + " = " + line.json;
    if (text.size() < origin_column) text.resize(origin_column, ' ');
    out += text + "  # " + line.origin + "\n";
  }
  return out;
}

std::string print_config_json(const Config& config) {
  std::string out = "[";
  for (const PrintedKey& line : printed_keys(config)) {
    out += out.size() > 1 ? ",\n" : "\n";
    out += "{\"key\":" + json_quoted(line.path) + ",\"value\":" + line.json +
           ",\"origin\":" + json_quoted(line.origin) + "}";
  }
  return out + "\n]\n";
}

}  // namespace tenon::config
