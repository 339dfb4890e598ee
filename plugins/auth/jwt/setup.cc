#include "setup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::auth_jwt {

using auth_common::fill_in;
using auth_common::is_grant_filter;

namespace {

struct KeyFile {
  std::string content;
  bool readable_by_others = false;
};

[[noreturn]] void fail_with_errno(const std::string& path, const char* what) {
  const int code = errno;
  throw sdk::Failure(TENON_E_IO, path + ": " + what + ": " + std::strerror(code), code);
}

KeyFile read_open_file(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail_with_errno(path, "can't be looked at");
  if (!S_ISREG(info.st_mode)) throw sdk::Failure(TENON_E_INVALID, path + ": is not a regular file");
  KeyFile file{{}, (info.st_mode & S_IROTH) != 0};
  char block[16 * 1024];
  while (true) {
    const ssize_t count = ::read(fd, block, sizeof block);
    if (count == 0) return file;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno(path, "can't be read");
    file.content.append(block, static_cast<std::size_t>(count));
    if (file.content.size() > key_file_bytes_max)
      throw sdk::Failure(TENON_E_INVALID, path + ": is larger than 1 MiB");
  }
}

KeyFile read_key_file(const std::string& path) {
  if (path[0] != '/')
    throw sdk::Failure(TENON_E_INVALID,
                       "\"" + path + "\": must be an absolute path; a service has no directory of its own");
  // O_NONBLOCK: a FIFO in place of the file must not hold up the start.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail_with_errno(path, "can't be opened");
  try {
    KeyFile file = read_open_file(fd, path);
    ::close(fd);
    return file;
  } catch (...) {
    ::close(fd);
    throw;
  }
}

// Runs fn(), and names the file in its failure.
template <class Fn>
void in_file(const std::string& path, Fn&& fn) {
  try {
    fn();
  } catch (const sdk::Failure& failure) {
    throw sdk::Failure(failure.status(), path + ": " + failure.what());
  }
}

// What the lists of a token grant to its holder; empty: one of their filters is none.
std::optional<Grant> grant_of(const std::vector<std::string>& filters, std::string_view user,
                              std::string_view client_id) {
  std::vector<std::string> granted;
  for (const std::string& filter : filters) {
    if (!is_grant_filter(filter)) return std::nullopt;
    if (auto filled = fill_in(filter, user, client_id)) granted.push_back(std::move(*filled));
  }
  return Grant(std::move(granted));
}

}  // namespace

LoginResult Setup::judge(const Token& token, std::string_view client_id, std::int64_t now_ms) const {
  const auto refused = [](const char* why) {
    LoginResult result;
    result.why = why;
    return result;
  };
  const Key* signer = keys.find_signer(token);
  if (!signer) return refused("it is not signed with a key that is known here");
  ReadClaims read = read_claims(token.payload, options.claim_names());
  if (read.why) return refused(read.why);
  Claims& claims = read.claims;
  if (const char* why = refuse_claims(claims, options.rules, client_id, now_ms)) return refused(why);

  LoginResult result;
  result.login.username = *claims.username;
  result.login.valid_ms = valid_ms(claims, options.rules, now_ms);
  std::optional<Grant> publish;
  std::optional<Grant> subscribe;
  const bool has_acl = claims.publish || claims.subscribe;
  if (has_acl || !options.allows_all_without_acl) {
    // A list that is missing beside the other one grants nothing.
    publish = grant_of(claims.publish.value_or(std::vector<std::string>{}), *claims.username, client_id);
    subscribe = grant_of(claims.subscribe.value_or(std::vector<std::string>{}), *claims.username, client_id);
    if (!publish || !subscribe) return refused("a filter in it is not a topic filter");
  }
  result.login.permissions = sdk::PermissionSetRef::adopt(
      new Permissions(signer->thumbprint(), std::move(publish), std::move(subscribe)));
  return result;
}

std::shared_ptr<const Setup> load_setup(Options options, LoadWarnings* ret_warnings) {
  LoadWarnings warnings;
  auto setup = std::make_shared<Setup>();
  if (const std::string& path = options.secret_file; !path.empty()) {
    KeyFile file = read_key_file(path);
    warnings.secret_readable_by_others = file.readable_by_others;
    // Editors and echo put a line feed there.
    if (!file.content.empty() && file.content.back() == '\n') file.content.pop_back();
    in_file(path, [&] { setup->keys.add(Key::of_secret(std::move(file.content), std::nullopt)); });
  }
  if (const std::string& path = options.public_key_file; !path.empty()) {
    const KeyFile file = read_key_file(path);
    in_file(path, [&] { setup->keys.add(Key::of_pem(file.content, std::nullopt)); });
  }
  if (const std::string& path = options.jwks_file; !path.empty()) {
    const KeyFile file = read_key_file(path);
    in_file(path, [&] { setup->keys.add_jwks(file.content, &warnings.keys_skipped); });
  }
  if (setup->keys.size() == 0)
    throw sdk::Failure(TENON_E_INVALID, options.jwks_file + ": holds no key that serves here");
  setup->options = std::move(options);
  *ret_warnings = warnings;
  return setup;
}

}  // namespace tenon::auth_jwt
