#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace tenon::session {

// Which client is connected, and as which user. Every link has both for as long as it is there, so they share
// one block, without room to grow. Pure; not thread-safe.
class Identity {
 public:
  // Both are valid until the next set().
  std::string_view client_id() const { return block_ ? std::string_view(text(), id_bytes()) : ""; }
  std::string_view username() const {
    return block_ ? std::string_view(text() + id_bytes(), user_bytes()) : "";
  }
  // They may be what client_id() and username() have given. What stays the same stays where it is.
  void set(std::string_view client_id, std::string_view username);

 private:
  // The lengths of both, then their bytes.
  static constexpr std::size_t head_bytes = 2 * sizeof(std::uint32_t);
  std::uint32_t length(std::size_t number) const;
  std::uint32_t id_bytes() const { return length(0); }
  std::uint32_t user_bytes() const { return length(1); }
  const char* text() const { return block_.get() + head_bytes; }

  std::unique_ptr<char[]> block_;
};

}  // namespace tenon::session
