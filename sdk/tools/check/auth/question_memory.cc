#include "auth/question_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include "base/assert.h"

namespace tenon::tools {
namespace {

constexpr std::uint8_t filler = 0xa5;
constexpr std::size_t gap_bytes = 16;     // between two texts
constexpr std::size_t canary_bytes = 64;  // behind the result

std::size_t text_bytes(const Question& q) {
  std::size_t sum = 0;
  const auto add = [&](const std::string& text) { sum += text.size() + gap_bytes; };
  for (const std::string* text : {&q.client_id, &q.auth_method, &q.auth_data, &q.cert_subject, &q.tls_sni})
    add(*text);
  add(q.username.value_or(""));
  add(q.password.value_or(""));
  add(q.will_topic.value_or(""));
  add("default");
  add("TLSv1.3");
  for (const auto& [key, value] : q.user_properties) {
    add(key);
    add(value);
  }
  for (const std::string& cert : q.cert_chain) add(cert);
  return sum;
}

std::uint32_t flags_of(const Question& q) {
  return q.flags | (q.username ? TENON_AUTH_HAS_USERNAME : 0) | (q.password ? TENON_AUTH_HAS_PASSWORD : 0) |
         (q.will_topic ? TENON_AUTH_HAS_WILL : 0);
}

}  // namespace

QuestionMemory::QuestionMemory(const Question& question, MonoNs deadline, const HostAge& age) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  request_at_ = age.result_bytes + canary_bytes;
  guarded_at_ = age.result_bytes;
  const std::size_t lists = question.user_properties.size() * (sizeof(tenon_kv) + age.more_bytes) +
                            question.cert_chain.size() * (sizeof(tenon_bytes) + age.more_bytes);
  const std::size_t texts = text_bytes(question);
  const std::size_t needed = request_at_ + sizeof(tenon_auth_request) + age.more_bytes + lists + texts;
  bytes_ = (needed + page - 1) / page * page;
  void* const made =
      ::mmap(nullptr, bytes_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<std::uint8_t*>(made);
  ::mprotect(base_ + bytes_, page, PROT_NONE);
  std::memset(base_, filler, bytes_);
  text_at_ = bytes_ - texts;
  lay_out(question, deadline, age);
  copy_.assign(reinterpret_cast<const char*>(base_) + guarded_at_, bytes_ - guarded_at_);
}

QuestionMemory::~QuestionMemory() {
  ::munmap(base_, bytes_ + static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

const tenon_auth_request* QuestionMemory::request() const {
  return reinterpret_cast<const tenon_auth_request*>(base_ + request_at_);
}

tenon_auth_result* QuestionMemory::result() const {
  return reinterpret_cast<tenon_auth_result*>(base_);
}

void QuestionMemory::close() {
  was_intact_ = std::memcmp(base_ + guarded_at_, copy_.data(), copy_.size()) == 0;
  ::mprotect(base_, bytes_, PROT_NONE);
}

tenon_bytes QuestionMemory::put(const std::string& text) {
  std::uint8_t* const at = base_ + text_at_;
  std::memcpy(at, text.data(), text.size());
  text_at_ += text.size() + gap_bytes;
  if (text.empty()) return {nullptr, 0};
  return {at, text.size()};
}

void QuestionMemory::lay_out(const Question& q, MonoNs deadline, const HostAge& age) {
  std::memset(base_, 0, age.result_bytes);
  result()->struct_size = age.result_bytes;
  auto* const r = new (base_ + request_at_) tenon_auth_request{};
  r->struct_size = static_cast<std::uint32_t>(sizeof *r) + age.more_bytes;
  r->step = q.step;
  r->cont = q.cont;
  r->deadline_mono_ns = deadline;
  r->flags = flags_of(q) | age.more_flags;
  r->protocol_level = q.protocol_level;
  r->peer_family = TENON_ADDR_IPV4;
  r->peer_port = 40'000;
  r->peer_addr[0] = 127;
  r->peer_addr[3] = 1;
  r->listener = put("default");
  r->client_id = put(q.client_id);
  r->username = put(q.username.value_or(""));
  r->password = put(q.password.value_or(""));
  r->auth_method = put(q.auth_method);
  r->auth_data = put(q.auth_data);
  r->will_topic = put(q.will_topic.value_or(""));
  if ((q.flags & TENON_AUTH_TLS) != 0) r->tls_version = put("TLSv1.3");
  r->tls_sni = put(q.tls_sni);
  r->cert_subject = put(q.cert_subject);

  std::uint8_t* at = base_ + request_at_ + r->struct_size;
  const auto kv_bytes = static_cast<std::uint32_t>(sizeof(tenon_kv)) + age.more_bytes;
  r->user_properties = {at, static_cast<std::uint32_t>(q.user_properties.size()), kv_bytes};
  for (const auto& [key, value] : q.user_properties) {
    new (at) tenon_kv{put(key), put(value)};
    at += kv_bytes;
  }
  const auto cert_bytes = static_cast<std::uint32_t>(sizeof(tenon_bytes)) + age.more_bytes;
  r->cert_chain = {at, static_cast<std::uint32_t>(q.cert_chain.size()), cert_bytes};
  for (const std::string& cert : q.cert_chain) {
    new (at) tenon_bytes(put(cert));
    at += cert_bytes;
  }
  TENON_BUG(text_at_ <= bytes_, "question: size and content differ");
}

}  // namespace tenon::tools
