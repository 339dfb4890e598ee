#pragma once

#include <tenon/kind/auth.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/intrusive_ptr.h"
#include "host/auth_request.h"

namespace tenon::host {

// A login request in the form of the ABI, with memory of its own for all its texts: made once per walk and
// shared by the calls of that walk, which keep it for as long as a plugin may read it. Wiped when the last
// one lets go: it holds the password. Immutable.
class RequestMemory : public RefCounted<RequestMemory> {
 public:
  static Ref<RequestMemory> make(const AuthRequest& request);
  static void destroy(RequestMemory* memory);

  // step CONTINUE and cont are for the plugin that asked for more only; see AuthChain. Its deadline is left
  // to each call.
  const tenon_auth_request& request() const { return request_; }

 private:
  explicit RequestMemory(const AuthRequest& request);
  ~RequestMemory();
  tenon_bytes copy(Bytes bytes);
  tenon_bytes copy(std::string_view text) { return copy(as_bytes(text)); }
  void copy_lists(const AuthRequest& request);
  void copy_texts(const AuthRequest& request);

  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t used_ = 0;
  tenon_auth_request request_{};
};

}  // namespace tenon::host
