#include "host/status_name.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tenon::host {
namespace {

struct Row {
  tenon_status status;
  Errc code;
  std::string_view name;
};

constexpr std::array<Row, 31> rows{{
    {TENON_OK, Errc::internal, "TENON_OK"},
    {TENON_PENDING, Errc::internal, "TENON_PENDING"},
    {TENON_MORE, Errc::internal, "TENON_MORE"},
    {TENON_NEEDS_RESTART, Errc::unsupported, "TENON_NEEDS_RESTART"},
    {TENON_IGNORE, Errc::internal, "TENON_IGNORE"},
    {TENON_AGAIN, Errc::busy, "TENON_AGAIN"},
    {TENON_END, Errc::internal, "TENON_END"},
    {TENON_E_INVALID, Errc::invalid, "TENON_E_INVALID"},
    {TENON_E_UNSUPPORTED, Errc::unsupported, "TENON_E_UNSUPPORTED"},
    {TENON_E_NOMEM, Errc::no_space, "TENON_E_NOMEM"},
    {TENON_E_BUSY, Errc::busy, "TENON_E_BUSY"},
    {TENON_E_TIMEOUT, Errc::timed_out, "TENON_E_TIMEOUT"},
    {TENON_E_CANCELLED, Errc::cancelled, "TENON_E_CANCELLED"},
    {TENON_E_STALE, Errc::internal, "TENON_E_STALE"},
    {TENON_E_STATE, Errc::internal, "TENON_E_STATE"},
    {TENON_E_THREAD, Errc::internal, "TENON_E_THREAD"},
    {TENON_E_EXCEPTION, Errc::internal, "TENON_E_EXCEPTION"},
    {TENON_E_INTERNAL, Errc::internal, "TENON_E_INTERNAL"},
    {TENON_E_NOT_FOUND, Errc::not_found, "TENON_E_NOT_FOUND"},
    {TENON_E_EXISTS, Errc::exists, "TENON_E_EXISTS"},
    {TENON_E_DENIED, Errc::denied, "TENON_E_DENIED"},
    {TENON_E_IO, Errc::io, "TENON_E_IO"},
    {TENON_E_IO_FATAL, Errc::io, "TENON_E_IO_FATAL"},
    {TENON_E_CORRUPT, Errc::corrupt, "TENON_E_CORRUPT"},
    {TENON_E_NOSPACE, Errc::no_space, "TENON_E_NOSPACE"},
    {TENON_E_CONFLICT, Errc::busy, "TENON_E_CONFLICT"},
    {TENON_E_SNAPSHOT_GONE, Errc::not_found, "TENON_E_SNAPSHOT_GONE"},
    {TENON_E_ADDRESS, Errc::invalid, "TENON_E_ADDRESS"},
    {TENON_E_REFUSED, Errc::io, "TENON_E_REFUSED"},
    {TENON_E_CLOSED, Errc::io, "TENON_E_CLOSED"},
    {TENON_E_RESET, Errc::io, "TENON_E_RESET"},
}};

const Row* find(tenon_status status) {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.status == status; });
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace

std::string status_name(tenon_status status) {
  const Row* row = find(status);
  return row ? std::string(row->name) : "status " + std::to_string(status);
}

std::string describe(tenon_status status, const tenon_error& error) {
  std::string text(error.message, strnlen(error.message, sizeof error.message));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text.empty() ? "it answered " + status_name(status) : text;
}

tenon_error fresh_error() {
  tenon_error error{};
  error.struct_size = sizeof error;
  return error;
}

tenon_status to_abi(Errc code) {
  switch (code) {
    case Errc::invalid:
      return TENON_E_INVALID;
    case Errc::not_found:
      return TENON_E_NOT_FOUND;
    case Errc::exists:
      return TENON_E_EXISTS;
    case Errc::unsupported:
      return TENON_E_UNSUPPORTED;
    case Errc::busy:
      return TENON_E_BUSY;
    case Errc::timed_out:
      return TENON_E_TIMEOUT;
    case Errc::cancelled:
      return TENON_E_CANCELLED;
    case Errc::denied:
      return TENON_E_DENIED;
    case Errc::io:
      return TENON_E_IO;
    case Errc::corrupt:
      return TENON_E_CORRUPT;
    case Errc::no_space:
      return TENON_E_NOSPACE;
    case Errc::internal:
      return TENON_E_INTERNAL;
  }
  return TENON_E_INTERNAL;
}

Errc to_errc(tenon_status status) {
  const Row* row = find(status);
  return row ? row->code : Errc::internal;
}

void fill_abi_error(tenon_error* error, tenon_status status, const std::string& message) {
  if (!error || !TENON_HAS(error, tenon_error, message)) return;
  error->code = status;
  const std::size_t len = std::min(message.size(), sizeof error->message - 1);
  std::memcpy(error->message, message.data(), len);
  error->message[len] = 0;
}

}  // namespace tenon::host
