// Fuzzes plugins/replication/raft/wire. An input is the bytes of a message and of a hard state at once.
//
// What must hold: decoding stays inside of the bytes and says the same each time; what is refused has a
// reason; what is taken holds together, and encoded again it decodes to the same.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "wire/hard_state_codec.h"
#include "wire/message_codec.h"

namespace tenon::raft {
namespace {

void check_entries(const Message& message) {
  Index next = message.index + 1;
  Term term = message.log_term;
  for (const Entry& entry : message.entries) {
    TENON_BUG(entry.index == next++, "entries are consecutive");
    TENON_BUG(entry.term >= term && entry.term <= message.term, "terms don't decrease");
    term = entry.term;
    TENON_BUG(entry.kind != EntryKind::configuration || decode_configuration(entry.payload.view()),
              "configurations can be read");
  }
}

void check_message(std::string_view bytes) {
  Message message;
  const char* wrong = decode_message(bytes, &message);
  Message again;
  TENON_BUG(decode_message(bytes, &again) == wrong, "decoding is deterministic");
  if (wrong != nullptr) {
    TENON_BUG(*wrong != 0, "refusals say why");
    return;
  }
  TENON_BUG(message == again, "decoding is deterministic");
  check_entries(message);
  std::string encoded;
  encode_message(message, &encoded);
  TENON_BUG(encoded.size() <= bytes.size(), "nothing is added");
  TENON_BUG(decode_message(encoded, &again) == nullptr && message == again, "a taken message can be encoded");
}

void check_hard_state(std::string_view bytes) {
  HardStateRecord record;
  if (decode_hard_state(bytes, &record) != nullptr) return;
  const std::string encoded = encode_hard_state(record);
  HardStateRecord again;
  TENON_BUG(decode_hard_state(encoded, &again) == nullptr, "a taken hard state can be encoded");
  TENON_BUG(record.hard == again.hard && record.epoch == again.epoch, "a hard state says the same again");
}

}  // namespace
}  // namespace tenon::raft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tenon::raft::check_message(bytes);
  tenon::raft::check_hard_state(bytes);
  return 0;
}
