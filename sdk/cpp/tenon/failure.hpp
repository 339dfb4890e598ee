/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/abi/base.h>

#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tenon/bytes.hpp>

TENON_SDK_BEGIN

// What a plugin throws to say why something failed. It never crosses the boundary: the trampolines of this
// layer turn it into a tenon_status and a tenon_error. The message names the place and what to do, and holds
// no secret.
class Failure : public std::exception {
 public:
  Failure(tenon_status status, std::string message, int native_errno = 0, std::uint32_t flags = 0)
      : status_(status), native_errno_(native_errno), flags_(flags), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  tenon_status status() const noexcept { return status_; }
  int native_errno() const noexcept { return native_errno_; }
  std::uint32_t flags() const noexcept { return flags_; }

 private:
  tenon_status status_;
  int native_errno_;
  std::uint32_t flags_;
  std::string message_;
};

// Fills `error` as far as the host's version of it reaches; null is allowed. A long message is cut between
// characters.
inline void fill_error(tenon_error* error, tenon_status status, std::string_view message,
                       int native_errno = 0, std::uint32_t flags = 0) noexcept {
  if (!error) return;
  if (TENON_HAS(error, tenon_error, code)) error->code = status;
  if (TENON_HAS(error, tenon_error, native_errno)) error->native_errno = native_errno;
  if (TENON_HAS(error, tenon_error, flags)) error->flags = flags;
  if (!TENON_HAS(error, tenon_error, message)) return;
  std::size_t len = message.size() < sizeof error->message ? message.size() : sizeof error->message - 1;
  while (len > 0 && len < message.size() && (static_cast<unsigned char>(message[len]) & 0xC0) == 0x80) --len;
  std::memcpy(error->message, message.data(), len);
  error->message[len] = 0;
}

// Runs fn() and lets nothing out: an exception becomes a status and fills `error`. fn returns void or
// tenon_status.
template <class Fn>
tenon_status guarded(tenon_error* error, Fn&& fn) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(fn())>) {
      fn();
      return TENON_OK;
    } else {
      return fn();
    }
  } catch (const Failure& f) {
    fill_error(error, f.status(), f.what(), f.native_errno(), f.flags());
    return f.status();
  } catch (const std::bad_alloc&) {
    fill_error(error, TENON_E_NOMEM, "out of memory");
    return TENON_E_NOMEM;
  } catch (const std::exception& e) {
    fill_error(error, TENON_E_EXCEPTION, e.what());
    return TENON_E_EXCEPTION;
  } catch (...) {
    fill_error(error, TENON_E_EXCEPTION, "an exception that is no std::exception");
    return TENON_E_EXCEPTION;
  }
}

// The same for a call that can't report: what is thrown is dropped.
template <class Fn>
void guarded_void(Fn&& fn) noexcept {
  try {
    fn();
  } catch (...) {  // the signature has no place for it
  }
}

// Throws a Failure unless `status` is TENON_OK.
inline void check(tenon_status status, const char* what) {
  if (status < 0) throw Failure(status, std::string(what) + " failed with status " + std::to_string(status));
}

TENON_SDK_END
