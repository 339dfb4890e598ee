#pragma once

#include "session/connection.h"

// Inside core/session only.

namespace tenon::session {

// Runs encode(mqtt::Writer&) over free space of the output queue.
template <class Encode>
bool Connection::write(Encode&& encode) {
  // Acknowledgements and the like are small; what is larger goes through a buffer of its own.
  constexpr std::size_t guess = 64;
  struct Large {
    std::vector<std::uint8_t> memory;
    static bool grow(void* owner, mqtt::Writer& writer, std::size_t more) {
      auto& memory = static_cast<Large*>(owner)->memory;
      std::vector<std::uint8_t> bigger(writer.used() + more + memory.size());
      const Bytes written = writer.written();
      std::copy(written.begin(), written.end(), bigger.begin());
      memory.swap(bigger);
      writer.move_to(memory);
      return true;
    }
  } large;
  std::uint8_t* room = output_.extend(guess);
  mqtt::Writer writer({room, guess}, &Large::grow, &large);
  const bool ok = encode(writer) == mqtt::EncodeStatus::ok;
  const std::size_t used = ok ? writer.used() : 0;
  if (time_.is_traced && used > 0) [[unlikely]]
    show(true, writer.written());
  if (large.memory.empty()) {
    output_.shorten(guess - used);
    return ok;
  }
  output_.shorten(guess);
  if (used > 0) std::copy_n(writer.written().data(), used, output_.extend(used));
  return ok;
}

template <class Encode>
void Connection::write_with_reference(std::string_view reference, Encode&& encode) {
  const auto write_saying = [&](std::string_view said) {
    return write([&](mqtt::Writer& out) { return encode(out, said); });
  };
  if (!write_saying(reference) && !reference.empty()) write_saying({});
}

}  // namespace tenon::session
