#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kv/state_view.h"
#include "service/retain/retain_ops.h"

namespace tenon::service::retain {

// What is kept of a topic: its message, and who has written to it. One whose message is gone may be kept for
// the sake of the writers: then it has no payload, and goes when the message `expires`.
struct Row {
  std::uint64_t index = 0;  // as in PutReply
  StoredMessage message;
  WriterMarks writers;

  bool has_message() const { return !message.view.payload.empty(); }
  // By its own time, which is how long the message may be shown, or the row is kept.
  bool has_expired(UnixMs now_ms) const {
    return message.view.expires_at_ms != 0 && message.view.expires_at_ms <= now_ms;
  }
  bool shows_message(UnixMs now_ms) const { return has_message() && !has_expired(now_ms); }

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.index, s.message);
    f.appended(s.writers);
  }
};

// One without writers is written as versions do that know nothing of them, to the byte. They can't read one
// without a message: a replica that would decide otherwise than the others stops.
std::string write_row(const Row& row);
// corrupt: as read_record(). Views in the row are of `bytes`.
Result<Row> read_row(std::string_view bytes);
// Empty: there is none under the key. Views in the row are of `ret_text`.
Result<std::optional<Row>> find_row(const kv::StateView& state, std::string_view key, std::string& ret_text);

}  // namespace tenon::service::retain
