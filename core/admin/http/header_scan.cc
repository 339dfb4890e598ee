#include "admin/http/header_scan.h"

namespace tenon::admin {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

}  // namespace

HeaderScan::Verdict HeaderScan::scan(std::string_view input) {
  while (seen_ < input.size()) {
    if (seen_ >= bytes_max_) return lines_ == 0 ? Verdict::long_line : Verdict::too_large;
    const Verdict verdict = step(input[seen_++]);
    if (verdict != Verdict::more) return verdict;
  }
  return Verdict::more;
}

HeaderScan::Verdict HeaderScan::step(char c) {
  if (place_ == Place::after_cr || place_ == Place::after_last_cr) {
    if (c != '\n') return refuse("a carriage return is not followed by a line feed");
    if (place_ == Place::after_last_cr) return Verdict::complete;
    ++lines_;
    place_ = Place::line_start;
    return Verdict::more;
  }
  if (c == '\r') {
    if (place_ == Place::start) return refuse("the request line is empty");
    place_ = place_ == Place::line_start ? Place::after_last_cr : Place::after_cr;
    return Verdict::more;
  }
  if (c == '\n') return refuse("a line ends without a carriage return");
  if (is_control(c)) return refuse("there is a control character in the header");
  if (place_ != Place::line && (c == ' ' || c == '\t')) return refuse("a line starts with a space");
  place_ = Place::line;
  return Verdict::more;
}

HeaderScan::Verdict HeaderScan::refuse(std::string_view reason) {
  reason_ = reason;
  return Verdict::malformed;
}

}  // namespace tenon::admin
