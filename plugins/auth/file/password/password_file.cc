#include "password/password_file.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <tenon/failure.hpp>

#include "shared/base64.h"

namespace tenon::auth_file {
namespace {

// Finds out what most credentials cost.
class CostCensus {
 public:
  void add(const Credential& credential) {
    Entry& entry = entries_[{credential.scheme, credential.rounds, credential.memory_kib, credential.lanes}];
    if (entry.count++ == 0) entry.example = &credential;
  }
  bool is_empty() const { return entries_.empty(); }
  // REQUIRES: something was added.
  const Credential& most_common() const {
    const auto best = std::max_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.count < b.second.count;
    });
    return *best->second.example;
  }

 private:
  struct Entry {
    std::size_t count = 0;
    const Credential* example = nullptr;
  };
  std::map<std::tuple<Scheme, std::uint32_t, std::uint32_t, std::uint32_t>, Entry> entries_;
};

constexpr std::string_view secret_head = ":scram-secret:";
constexpr std::size_t secret_bytes_min = 16;
constexpr std::size_t secret_bytes_max = 64;

void set_secret(const Place& place, std::string_view text, PasswordFile* file) {
  auto secret = decode_base64(text);
  if (!secret || secret->size() < secret_bytes_min || secret->size() > secret_bytes_max)
    place.fail("the secret of scram must be 16..64 bytes in base64");
  if (!file->scram_secret.empty()) place.fail("states the secret of scram a second time");
  file->scram_secret = std::move(*secret);
}

void add_user(const Place& place, std::string_view line, PasswordFile* file) {
  if (line.substr(0, secret_head.size()) == secret_head)
    return set_secret(place, line.substr(secret_head.size()), file);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) place.fail("has no colon; a line reads user:HASH");
  if (colon == 0) place.fail("has no user name before the colon");
  Credential credential = parse_credential(line.substr(colon + 1), place);
  if (credential.scheme == Scheme::sha512) ++file->weak_count;
  const std::string_view name = line.substr(0, colon);
  if (!file->users.emplace(std::string(name), std::move(credential)).second)
    place.fail("names the user \"" + std::string(name) + "\" a second time");
}

}  // namespace

PasswordFile parse_password_file(const TextFile& text) {
  PasswordFile file;
  text.for_each_line([&](const Place& place, std::string_view line) { add_user(place, line, &file); });
  if (file.users.empty())
    throw sdk::Failure(TENON_E_INVALID,
                       text.path() + ": names no user, so nobody could log in; add one with tenonctl passwd");
  CostCensus census;
  CostCensus scram_census;
  for (const auto& [name, credential] : file.users) {
    census.add(credential);
    if (credential.scheme == Scheme::scram_sha256) scram_census.add(credential);
  }
  file.typical = census.most_common();
  if (!scram_census.is_empty()) file.typical_scram = scram_census.most_common();
  return file;
}

}  // namespace tenon::auth_file
