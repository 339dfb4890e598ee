#include "host/load/path_trust.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "base/unseen_user.h"
#include "host/load/refusal.h"

namespace tenon::host {
namespace {

constexpr std::uint64_t file_bytes_max = 256ull << 20;

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::optional<std::string>(real.get()) : std::nullopt;
}

bool has_dot_dot(const std::string& path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string::npos;
}

std::string reason() {
  return std::strerror(errno);
}

// Where the file should be, by what conf.d says. Nothing is looked up yet, but for which of the directories
// has it.
Result<std::string> wanted_path(const PluginSpec& spec, const LoadPolicy& policy) {
  const std::string plugin = spec.plugin.empty() ? spec.instance : spec.plugin;
  const std::string name =
      spec.file.empty() ? std::string(to_string(spec.kind)) + "-" + plugin + ".so" : spec.file;
  const bool is_absolute = name.starts_with('/');
  if (name.find('\0') != std::string::npos || has_dot_dot(name) ||
      (!is_absolute && name.find('/') != std::string::npos))
    return refuse(Refusal::path, spec, name, "not an absolute path without \"..\", nor a plain file name",
                  "write the absolute path of the file, or only its name to have it found in plugins.path");
  if (name.size() >= PATH_MAX)
    return refuse(Refusal::path, spec, "",
                  "the path of its file has " + std::to_string(name.size()) + " bytes",
                  "use one of less than " + std::to_string(PATH_MAX));
  if (is_absolute) return name;
  for (const std::string& dir : policy.dirs)
    if (std::string path = dir + "/" + name; ::access(path.c_str(), F_OK) == 0) return path;
  std::string all;
  for (const std::string& dir : policy.dirs) all += (all.empty() ? "" : ", ") + dir;
  return refuse(Refusal::not_found, spec, name, "no such file in plugins.path (" + all + ")",
                "install the plugin, or remove the entry");
}

bool lies_in(const std::string& path, const std::string& dir) {
  return path.size() > dir.size() + 1 && path.starts_with(dir) && path[dir.size()] == '/';
}

bool is_trusted(std::uint32_t uid, const LoadPolicy& policy) {
  const auto& more = policy.trusted_uids;
  if (uid == unseen_user) return false;
  return uid == 0 || uid == policy.identity.uid || std::find(more.begin(), more.end(), uid) != more.end();
}

Error refuse_owner(const PluginSpec& spec, const std::string& file, const std::string& what,
                   std::uint32_t owner) {
  if (owner == unseen_user)
    return refuse(Refusal::owner, spec, file,
                  what +
                      " belongs to user 65534, which stands for every user that can't be seen from a user "
                      "namespace",
                  "give it to root; to have its owner seen and listed in plugins.trusted_uids, run the "
                  "broker outside of a user namespace (PrivateUsers=no in a drop-in of tenon.service)");
  return refuse(Refusal::owner, spec, file, what + " belongs to user " + std::to_string(owner),
                "give it to root, or add the user to plugins.trusted_uids");
}

// Checks one component of a real path. `is_above`: a directory that does not itself hold the file.
Status check_component(const PluginSpec& spec, const LoadPolicy& policy, const std::string& file,
                       const std::string& path, bool is_above) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0)
    return refuse(Refusal::unreadable, spec, file, path + " can't be looked at: " + reason(),
                  "check its permissions");
  const std::string what = path == file ? "it" : "the directory " + path;
  if (!is_trusted(st.st_uid, policy)) return refuse_owner(spec, file, what, st.st_uid);
  const bool others_write = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0;
  if (others_write && !(sticky && is_above))
    return refuse(Refusal::writable, spec, file, what + " can be written to by its group or by others",
                  "chmod go-w " + path);
  return {};
}

Status check_all_components(const PluginSpec& spec, const LoadPolicy& policy, const std::string& file) {
  const std::size_t last = file.rfind('/');
  for (std::size_t at = 0; at != std::string::npos; at = file.find('/', at + 1)) {
    const std::string dir = at == 0 ? "/" : file.substr(0, at);
    if (Status s = check_component(spec, policy, file, dir, at != last); !s) return s;
  }
  return check_component(spec, policy, file, file, false);
}

}  // namespace

Identity process_identity() {
  return {.uid = static_cast<std::uint32_t>(::geteuid()), .secure = ::getauxval(AT_SECURE) != 0};
}

Result<TrustedFile> find_trusted_file(const PluginSpec& spec, const LoadPolicy& policy) {
  const auto wanted = wanted_path(spec, policy);
  if (!wanted) return wanted.error();
  const auto real = real_path(*wanted);
  if (!real)
    return refuse(errno == ENOENT ? Refusal::not_found : Refusal::unreadable, spec, *wanted, reason(),
                  "install the plugin, or remove the entry");
  const bool inside = std::any_of(policy.dirs.begin(), policy.dirs.end(), [&](const std::string& dir) {
    const auto real_dir = real_path(dir);
    return real_dir && lies_in(*real, *real_dir);
  });
  if (!inside)
    return refuse(
        Refusal::outside, spec, *wanted,
        *real == *wanted ? "lies outside of plugins.path" : "leads to " + *real + ", outside of plugins.path",
        "move it into a directory of plugins.path, or add its directory there");
  struct stat st {};
  if (::stat(real->c_str(), &st) != 0 || !S_ISREG(st.st_mode))
    return refuse(Refusal::not_a_file, spec, *real,
                  S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file",
                  "name the plugin's .so file");
  if (Status s = check_all_components(spec, policy, *real); !s) return s.error();
  return TrustedFile{*real, static_cast<std::uint64_t>(st.st_dev), static_cast<std::uint64_t>(st.st_ino)};
}

Result<std::vector<std::uint8_t>> read_trusted_file(const PluginSpec& spec, const TrustedFile& file) {
  const auto failed = [&] {
    return refuse(Refusal::unreadable, spec, file.path, reason(), "check its permissions");
  };
  const int fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return failed();
  const std::unique_ptr<const int, void (*)(const int*)> closer(
      &fd, [](const int* open_fd) { ::close(*open_fd); });
  struct stat st {};
  if (::fstat(fd, &st) != 0) return failed();
  const auto size = static_cast<std::uint64_t>(st.st_size);
  if (size > file_bytes_max)
    return refuse(Refusal::unreadable, spec, file.path, "is larger than 256 MiB",
                  "strip it of debugging information");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace tenon::host
