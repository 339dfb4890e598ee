#include <tenon/draft/buf.h>

#include <memory>
#include <new>

#include "base/intrusive_ptr.h"
#include "host/tables/host_tables.h"

// Bytes of the host's, or of a plugin's that wrapped them.
struct tenon_buf final : tenon::RefCounted<tenon_buf> {
  tenon_bytes bytes{};
  std::unique_ptr<std::uint8_t[]> own;
  tenon_buf_free_fn free_fn = nullptr;
  void* user = nullptr;

  static void destroy(tenon_buf* buf) {
    if (buf->free_fn) buf->free_fn(buf->user);
    delete buf;
  }
};

namespace tenon::host {
namespace {

constexpr std::uint64_t buf_bytes_max = 1ull << 30;

tenon_status make(const tenon_host*, std::uint64_t len, tenon_buf** ret_buf, tenon_span* ret_space) {
  if (len > buf_bytes_max) return TENON_E_NOMEM;
  auto buf = std::make_unique<tenon_buf>();
  buf->own.reset(new (std::nothrow) std::uint8_t[static_cast<std::size_t>(len)]);
  if (!buf->own) return TENON_E_NOMEM;
  buf->bytes = {buf->own.get(), len};
  *ret_space = {buf->own.get(), len};
  *ret_buf = buf.release();
  return TENON_OK;
}

tenon_status wrap(const tenon_host*, tenon_bytes bytes, tenon_buf_free_fn free_fn, void* user,
                  tenon_buf** ret_buf) {
  auto buf = std::make_unique<tenon_buf>();
  buf->bytes = bytes;
  buf->free_fn = free_fn;
  buf->user = user;
  *ret_buf = buf.release();
  return TENON_OK;
}

tenon_bytes bytes(const tenon_buf* buf) {
  return buf->bytes;
}
void retain(tenon_buf* buf) {
  buf->ref();
}
void release(tenon_buf* buf) {
  buf->unref();
}

constexpr tenon_host_buf table{sizeof(tenon_host_buf), 0, make, wrap, bytes, retain, release};

}  // namespace

const void* buf_table() {
  return &table;
}

}  // namespace tenon::host
