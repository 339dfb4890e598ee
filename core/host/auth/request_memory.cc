#include "host/auth/request_memory.h"

#include <strings.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace tenon::host {
namespace {

std::size_t bytes_needed(const AuthRequest& r) {
  std::size_t sum = r.user_properties.size() * sizeof(tenon_kv) + r.cert_chain.size() * sizeof(tenon_bytes);
  for (const auto& [key, value] : r.user_properties) sum += key.size() + value.size();
  for (const Bytes cert : r.cert_chain) sum += cert.size();
  for (const std::string_view text :
       {r.listener, r.tenant, r.client_id, r.username.value_or(""), r.auth_method, r.will_topic.value_or(""),
        r.tls_version, r.tls_sni, r.tls_alpn, r.cert_subject})
    sum += text.size();
  return sum + r.password.value_or(Bytes{}).size() + r.auth_data.size();
}

std::uint32_t flags_of(const AuthRequest& r) {
  std::uint32_t flags = 0;
  if (r.username) flags |= TENON_AUTH_HAS_USERNAME;
  if (r.password) flags |= TENON_AUTH_HAS_PASSWORD;
  if (r.will_topic) flags |= TENON_AUTH_HAS_WILL;
  if (r.clean_start) flags |= TENON_AUTH_CLEAN_START;
  if (r.tls) flags |= TENON_AUTH_TLS;
  if (r.cert_verified) flags |= TENON_AUTH_CERT_VERIFIED;
  if (r.username_proved) flags |= TENON_AUTH_USERNAME_PROVED;
  if (r.client_id_given) flags |= TENON_AUTH_CLIENT_ID_GIVEN;
  return flags;
}

std::uint32_t step_of(AuthStep step) {
  switch (step) {
    case AuthStep::connect:
      return TENON_AUTH_START;
    case AuthStep::answer:
      return TENON_AUTH_CONTINUE;
    case AuthStep::reauth:
      return TENON_AUTH_REAUTH;
  }
  return TENON_AUTH_START;
}

}  // namespace

Ref<RequestMemory> RequestMemory::make(const AuthRequest& request) {
  return Ref<RequestMemory>::adopt(new RequestMemory(request));
}

void RequestMemory::destroy(RequestMemory* memory) {
  delete memory;
}

RequestMemory::RequestMemory(const AuthRequest& request)
    : size_(bytes_needed(request)), memory_(std::make_unique<std::uint8_t[]>(size_)) {
  request_.struct_size = sizeof request_;
  request_.step = step_of(request.step);
  request_.cont = request.step == AuthStep::answer ? request.continuation.cont : 0;
  request_.flags = flags_of(request);
  request_.protocol_level = request.protocol_level;
  request_.peer_family = static_cast<std::uint32_t>(request.peer_family);
  request_.peer_port = request.peer_port;
  std::copy(request.peer_addr.begin(), request.peer_addr.end(), request_.peer_addr);
  copy_lists(request);
  copy_texts(request);
  TENON_BUG(used_ == size_, "login request: size and content differ");
}

RequestMemory::~RequestMemory() {
  ::explicit_bzero(memory_.get(), size_);
}

tenon_bytes RequestMemory::copy(Bytes bytes) {
  if (bytes.empty()) return {nullptr, 0};
  TENON_BUG(used_ + bytes.size() <= size_, "login request: size and content differ");
  std::uint8_t* const at = memory_.get() + used_;
  std::memcpy(at, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {at, bytes.size()};
}

// The lists stand first: the start of the memory is aligned for them.
void RequestMemory::copy_lists(const AuthRequest& r) {
  auto* const kvs = reinterpret_cast<tenon_kv*>(memory_.get());
  auto* const certs = reinterpret_cast<tenon_bytes*>(kvs + r.user_properties.size());
  used_ = r.user_properties.size() * sizeof(tenon_kv) + r.cert_chain.size() * sizeof(tenon_bytes);
  for (std::size_t i = 0; i < r.user_properties.size(); ++i)
    new (kvs + i) tenon_kv{copy(r.user_properties[i].first), copy(r.user_properties[i].second)};
  for (std::size_t i = 0; i < r.cert_chain.size(); ++i) new (certs + i) tenon_bytes(copy(r.cert_chain[i]));
  request_.user_properties = {kvs, static_cast<std::uint32_t>(r.user_properties.size()), sizeof(tenon_kv)};
  request_.cert_chain = {certs, static_cast<std::uint32_t>(r.cert_chain.size()), sizeof(tenon_bytes)};
}

void RequestMemory::copy_texts(const AuthRequest& r) {
  request_.listener = copy(r.listener);
  request_.tenant = copy(r.tenant);
  request_.client_id = copy(r.client_id);
  request_.username = copy(r.username.value_or(""));
  request_.password = copy(r.password.value_or(Bytes{}));
  request_.auth_method = copy(r.auth_method);
  request_.auth_data = copy(r.auth_data);
  request_.will_topic = copy(r.will_topic.value_or(""));
  request_.tls_version = copy(r.tls_version);
  request_.tls_sni = copy(r.tls_sni);
  request_.tls_alpn = copy(r.tls_alpn);
  request_.cert_subject = copy(r.cert_subject);
}

}  // namespace tenon::host
