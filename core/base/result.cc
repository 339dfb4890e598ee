#include "base/result.h"

namespace tenon {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid:
      return "invalid";
    case Errc::not_found:
      return "not found";
    case Errc::exists:
      return "exists";
    case Errc::unsupported:
      return "unsupported";
    case Errc::busy:
      return "busy";
    case Errc::timed_out:
      return "timed out";
    case Errc::cancelled:
      return "cancelled";
    case Errc::denied:
      return "denied";
    case Errc::io:
      return "I/O error";
    case Errc::corrupt:
      return "corrupt";
    case Errc::no_space:
      return "no space";
    case Errc::internal:
      return "internal error";
  }
  return "unknown";
}

}  // namespace tenon
