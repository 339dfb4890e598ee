// SPDX-License-Identifier: 0BSD
//
// An auth plugin in C++ whose look-ups block: users are files of a directory that may lie on a slow network
// share, and checking a password is slow on purpose. Both happen on the host's pool. See README.md.
#include <crypt.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tenon/auth.hpp>
#include <tenon/metrics.hpp>
#include <tenon/module.hpp>
#include <tenon/pool.hpp>

namespace {

namespace sdk = tenon::sdk;

// A user may publish, receive and subscribe below users/NAME/, and nothing else.
class OwnTopics : public sdk::PermissionSet {
 public:
  explicit OwnTopics(std::string_view user) : prefix_("users/" + std::string(user) + "/") {}
  bool allows(const tenon_authz_query& query) const noexcept override {
    return sdk::text_of(query.topic).starts_with(prefix_);
  }

 private:
  const std::string prefix_;
};

// Whether `name` is a plain file name, and a whole level of a topic that no wildcard can stand for.
bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' &&
         name.find_first_of(std::string_view("/+#\0", 4)) == name.npos;
}

// The first line of the file. Empty: there is no such file, or it can't be read. Blocks.
std::optional<std::string> first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

// Blocks for as long as the hash wants it. MQTT allows any byte in a password, crypt ends at the first zero.
bool is_password(const std::string& hash, const std::string& password) {
  if (password.find('\0') != password.npos) return false;
  const auto scratch = std::make_unique<crypt_data>();
  const char* made = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  return made && made == hash;
}

class AuthDirectory : public sdk::AuthPlugin<AuthDirectory> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_CONFIG_ID,
                                                    TENON_HOST_POOL_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "com.example.auth-directory",
      .name = "directory",
      .version = "1.0",
      .config_schema_json = R"({"type": "object", "additionalProperties": false, "required": ["path"],
                                "properties": {"path": {"type": "string"}}})",
      .requires_host = required_tables,
  };
  using AuthPlugin::AuthPlugin;

  void init() {
    async_ = sdk::Async(host());
    pool_ = sdk::Pool(host());
    path_ = config().require_text("path");
    if (!path_.starts_with('/'))
      throw sdk::Failure(TENON_E_INVALID, "option \"path\" must be absolute; it is " + path_);
    lookups_count_ = metrics().counter("lookups_total", "Users looked up in the directory.");
  }

  // Runs on a worker, so it only hands the work over. A refused job has not taken the operation.
  tenon_status authenticate(sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer) {
    const auto name = request.username();
    if (!name || !is_plain(*name) || !request.password()) {
      answer.ignore();
      return TENON_OK;
    }
    const tenon_status status = pool_.submit([this, request, op, answer] { look_up(request, op, answer); });
    return status == TENON_OK ? TENON_PENDING : status;
  }

  // The job still reads the request, and will close the operation in any case: the host waits for that.
  tenon_status cancel(tenon_op) { return TENON_PENDING; }

 private:
  // Runs on a pool thread. Whatever is thrown in here, the handle closes the operation with an error.
  void look_up(sdk::AuthRequest request, tenon_op token, sdk::AuthAnswer answer) const {
    sdk::OpHandle op(async_, token);
    lookups_count_.add();
    const std::string name(*request.username());
    const auto hash = first_line_of(path_ + "/" + name);
    if (!hash) {
      answer.ignore();
      return op.finish(TENON_OK);
    }
    const sdk::Bytes secret = *request.password();
    if (!is_password(*hash, std::string(secret.begin(), secret.end()))) {
      answer.deny();
      return op.finish(TENON_OK);
    }
    const auto* own_topics = new OwnTopics(name);
    answer.allow(sdk::PermissionSetRef::adopt(own_topics));
    // The host takes the reference with the answer, a late one included; what it refuses leaves it here.
    if (!async_.complete(op.release(), TENON_OK)) own_topics->release();
  }

  sdk::Async async_;
  sdk::Pool pool_;
  sdk::Metric lookups_count_;
  std::string path_;
};

}  // namespace

TENON_CPP_MODULE(1, "com.example.auth-directory", "1.0", AuthDirectory)
