#include "verification_cache.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include <tenon/failure.hpp>

namespace tenon::auth_file {
namespace {

void require(bool done) {
  if (!done) throw sdk::Failure(TENON_E_INTERNAL, "HMAC-SHA256 failed in libcrypto");
}

}  // namespace

void VerificationTagger::FreeMac::operator()(evp_mac_ctx_st* mac) const {
  EVP_MAC_CTX_free(mac);
}

VerificationTagger::VerificationTagger(const VerificationKey& key) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                               &EVP_MAC_free);
  require(hmac != nullptr);
  mac_.reset(EVP_MAC_CTX_new(hmac.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  require(mac_ && EVP_MAC_init(mac_.get(), key.data(), key.size(), params) == 1);
}

void VerificationTagger::update(BytesView bytes) {
  const std::uint64_t length = bytes.size();
  require(EVP_MAC_update(mac_.get(), reinterpret_cast<const std::uint8_t*>(&length), sizeof length) == 1);
  if (length > 0) require(EVP_MAC_update(mac_.get(), bytes.data(), bytes.size()) == 1);
}

VerificationTag VerificationTagger::tag(std::string_view user, BytesView password,
                                        const Credential& credential) {
  require(EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1);
  update({reinterpret_cast<const std::uint8_t*>(user.data()), user.size()});
  update(password);
  update(credential.salt);
  update(credential.hash);
  std::uint8_t mac[EVP_MAX_MD_SIZE];
  std::size_t mac_bytes = 0;
  require(EVP_MAC_final(mac_.get(), mac, &mac_bytes, sizeof mac) == 1 &&
          mac_bytes >= sizeof(VerificationTag));
  VerificationTag tag;
  std::memcpy(&tag.high, mac, 8);
  std::memcpy(&tag.low, mac + 8, 8);
  std::memcpy(&tag.place, mac + 16, 8);
  return tag;
}

VerificationCache::VerificationCache(std::size_t count_max, std::int64_t ttl_ns)
    : set_mask_(std::bit_floor(std::max(count_max / ways, std::size_t{1})) - 1),
      ttl_ns_(ttl_ns),
      slots_(std::make_unique<Slot[]>((set_mask_ + 1) * ways)) {}

// The words are read with acquire: whoever sees one of a later write also sees the version of that write.
bool VerificationCache::holds(const Slot& slot, const VerificationTag& tag, std::int64_t now_ns) {
  const std::uint32_t version = slot.version.load(std::memory_order_acquire);
  const bool is_equal = slot.high.load(std::memory_order_acquire) == tag.high &&
                        slot.low.load(std::memory_order_acquire) == tag.low &&
                        slot.expires_ns.load(std::memory_order_acquire) > now_ns;
  return is_equal && version % 2 == 0 && slot.version.load(std::memory_order_relaxed) == version;
}

bool VerificationCache::contains(const VerificationTag& tag, std::int64_t now_ns) const {
  const auto set = set_of(tag);
  return std::any_of(set.begin(), set.end(), [&](const Slot& slot) { return holds(slot, tag, now_ns); });
}

void VerificationCache::insert(const VerificationTag& tag, std::int64_t now_ns) {
  Slot* place = nullptr;
  for (Slot& slot : set_of(tag)) {
    if (holds(slot, tag, now_ns)) {
      place = &slot;
      break;
    }
    const auto expires_ns = slot.expires_ns.load(std::memory_order_relaxed);
    if (!place || expires_ns < place->expires_ns.load(std::memory_order_relaxed)) place = &slot;
  }
  std::uint32_t version = place->version.load(std::memory_order_relaxed);
  if (version % 2 != 0 ||
      !place->version.compare_exchange_strong(version, version + 1, std::memory_order_acq_rel))
    return;
  place->high.store(tag.high, std::memory_order_release);
  place->low.store(tag.low, std::memory_order_release);
  place->expires_ns.store(now_ns + ttl_ns_, std::memory_order_release);
  place->version.store(version + 2, std::memory_order_release);
}

}  // namespace tenon::auth_file
