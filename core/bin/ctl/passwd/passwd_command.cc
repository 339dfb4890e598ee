#include "bin/ctl/passwd/passwd_command.h"

#include <charconv>

#include "bin/ctl/passwd/password_file.h"
#include "bin/ctl/passwd/password_text.h"
#include "bin/ctl/passwd/scram_line.h"

namespace tenon::ctl {

namespace {

constexpr std::uint32_t iterations_default = 32'768;
constexpr std::uint32_t iterations_min = 4096;  // RFC 7677 section 4
constexpr std::uint32_t iterations_max = 5'000'000;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t secret_bytes = 32;

Result<std::uint32_t> iterations_of(const std::string& text) {
  if (text.empty()) return iterations_default;
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < iterations_min ||
      count > iterations_max)
    return Error{Errc::invalid, "--iterations must be 4096..5000000"};
  return count;
}

Result<std::string> with_password(const std::string& text, const std::string& user, std::uint32_t iterations,
                                  const std::string& password) {
  const Result<std::string> salt = random_bytes(salt_bytes);
  const Result<std::string> secret = random_bytes(secret_bytes);
  if (!salt || !secret) return salt ? secret : salt;
  return with_user(with_secret(text, base64_of(*secret)), user,
                   scram_credential(password, *salt, iterations));
}

}  // namespace

Result<std::string> change_password_file(const Arguments& arguments, const PasswordSource& password) {
  if (const Status checked = check_user(arguments.user); !checked) return checked.error();
  const Result<std::uint32_t> iterations = iterations_of(arguments.iterations);
  if (!iterations) return iterations.error();
  // What can't be read is said before anything is asked.
  if (const Result<std::string> text = read_password_file(arguments.file); !text) return text;
  const Result<std::string> word = arguments.remove ? Result<std::string>(std::string()) : password();
  if (!word) return word;
  const PasswordFileLock lock(arguments.file);
  if (!lock.taken()) return lock.taken().error();
  const Result<std::string> text = read_password_file(arguments.file);
  if (!text) return text;
  const Result<std::string> changed = arguments.remove
                                          ? without_user(*text, arguments.user)
                                          : with_password(*text, arguments.user, *iterations, *word);
  if (!changed) return changed;
  if (const Status written = replace_password_file(arguments.file, *changed); !written)
    return written.error();
  return (arguments.remove ? "removed user \"" : "set the password of user \"") + arguments.user +
         "\"; the broker reads the file at its next reload (SIGHUP)\n";
}

}  // namespace tenon::ctl
