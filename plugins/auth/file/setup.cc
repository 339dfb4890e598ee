#include "setup.h"

#include <array>
#include <optional>
#include <utility>

namespace tenon::auth_file {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

std::shared_ptr<const Acl> load_acl(const Options& options, const Setup* before) {
  if (options.acl_file.empty()) return nullptr;
  auto acl =
      std::make_shared<const Acl>(parse_acl_file(TextFile::read(options.acl_file, acl_file_bytes_max)));
  const bool is_as_before = before && before->realm->acl() && *before->realm->acl() == *acl;
  return is_as_before ? before->realm->acl() : acl;
}

std::optional<PasswordFile> load_passwords(const Options& options, LoadWarnings* warnings) {
  if (options.password_file.empty()) return std::nullopt;
  const TextFile text = TextFile::read(options.password_file, password_file_bytes_max);
  PasswordFile passwords = parse_password_file(text);
  *warnings = {passwords.weak_count, text.readable_by_others(),
               passwords.typical_scram && passwords.scram_secret.empty()};
  return passwords;
}

std::shared_ptr<VerificationCache> make_cache(const Options& options, const Setup* before) {
  if (!options.has_cache()) return nullptr;
  if (before && before->cache && before->options.has_same_cache(options)) return before->cache;
  return std::make_shared<VerificationCache>(static_cast<std::size_t>(options.cache_count_max),
                                             options.cache_ttl_s * ns_per_s);
}

}  // namespace

std::shared_ptr<const Setup> load_setup(Options options, const Setup* before, const sdk::Random& random,
                                        LoadWarnings* ret_warnings) {
  LoadWarnings warnings;
  const auto passwords = load_passwords(options, &warnings);
  auto acl = load_acl(options, before);
  std::array<std::uint8_t, 64> noise;
  random.fill(noise);
  const auto anonymous = options.anonymous ? Realm::Anonymous::allowed : Realm::Anonymous::refused;
  auto setup = std::make_shared<Setup>();
  setup->realm =
      std::make_shared<const Realm>(passwords ? &*passwords : nullptr, std::move(acl), anonymous, noise);
  setup->cache = make_cache(options, before);
  setup->options = std::move(options);
  *ret_warnings = warnings;
  return setup;
}

}  // namespace tenon::auth_file
