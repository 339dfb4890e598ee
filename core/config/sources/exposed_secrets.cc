#include "config/sources/exposed_secrets.h"

#include <filesystem>
#include <map>
#include <string>

#include "base/text/secret_name.h"
#include "config/config.h"
#include "config/effective.h"
#include "config/table/path.h"

namespace tenon::config {
namespace {

namespace fs = std::filesystem;

bool others_may(const fs::path& path, fs::perms right) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  return !code && fs::exists(status) && (status.permissions() & right) != fs::perms::none;
}

bool others_may_read(const std::string& file) {
  std::error_code code;
  const fs::path path = fs::absolute(file, code);
  if (code || !others_may(path, fs::perms::others_read)) return false;
  for (fs::path dir = path.parent_path(); dir != dir.root_path(); dir = dir.parent_path())
    if (!others_may(dir, fs::perms::others_exec)) return false;
  return true;
}

class Search {
 public:
  std::vector<ConfigError> run(const Config& config) && {
    for (const EffectiveKey& key : effective_keys(config))
      if (key.row->type == Type::json)
        add_options(*key.value, key.path);
      else if (key.row->secret == Secret::yes)
        add(*key.value, key.path);
    return std::move(found_);
  }

 private:
  void add_options(const Value& value, const std::string& path) {
    for (const Value& item : value.items) add_options(item, path);
    for (const Member& member : value.members) {
      const std::string member_path = join_path(path, member.key);
      if (names_a_secret(member.key))
        add(member.value, member_path);
      else
        add_options(member.value, member_path);
    }
  }

  void add(const Value& value, const std::string& path) {
    const bool is_of_file = value.origin.source && value.origin.line != 0;
    if (!is_of_file || (value.kind == Kind::string && value.text.empty())) return;
    const auto [known, is_new] = exposed_.try_emplace(*value.origin.source);
    if (is_new) known->second = others_may_read(known->first);
    if (known->second)
      found_.push_back(
          {value.origin.file_line(), path, "every user of this machine can read the file of this secret"});
  }

  std::map<std::string, bool> exposed_;  // by the name of the file
  std::vector<ConfigError> found_;
};

}  // namespace

std::vector<ConfigError> exposed_secrets(const Config& config) {
  return Search().run(config);
}

}  // namespace tenon::config
