#include "span_bio.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace tenon::filter_tls {
namespace {

SpanBio& ends_of(BIO* bio) {
  return *static_cast<SpanBio*>(BIO_get_data(bio));
}

int read_fn(BIO* bio, char* to, std::size_t len, std::size_t* ret_len) {
  SpanBio& ends = ends_of(bio);
  BIO_clear_retry_flags(bio);
  if (ends.input.empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  const std::size_t count = std::min(len, ends.input.size());
  std::memcpy(to, ends.input.data(), count);
  ends.input = ends.input.subspan(count);
  *ret_len = count;
  return 1;
}

int write_fn(BIO* bio, const char* from, std::size_t len, std::size_t* ret_len) {
  SpanBio& ends = ends_of(bio);
  BIO_clear_retry_flags(bio);
  try {
    ends.output->insert(ends.output->end(), from, from + len);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  *ret_len = len;
  return 1;
}

long control_fn(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tenon spans");
  if (!method) return nullptr;
  BIO_meth_set_read_ex(method, read_fn);
  BIO_meth_set_write_ex(method, write_fn);
  BIO_meth_set_ctrl(method, control_fn);
  return method;
}

}  // namespace

BIO* SpanBio::make(SpanBio* ends) {
  static BIO_METHOD* const method = make_method();
  BIO* const bio = method ? BIO_new(method) : nullptr;
  if (!bio) return nullptr;
  BIO_set_data(bio, ends);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace tenon::filter_tls
