#include "mqtt/decode_error.h"

namespace tenon::mqtt {

std::string to_string(const DecodeError& error) {
  if (!error) return {};
  std::string text = error.field;
  if (!text.empty()) text += ' ';
  return text + error.reason;
}

}  // namespace tenon::mqtt
