#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>

#include <tenon/storage.hpp>

namespace tenon::test {

// The writes of an engine in a file: records of whole calls, each {u32 length, writes}, a write being {u32
// type, u32 space, u32 key length, u32 value length, key, value}, all as this machine has them. A record at
// the end that is not whole was never there.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw sdk::Failure(TENON_E_IO, path + " can't be opened", errno);
  }
  ~Journal() { ::close(fd_); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Gives back what was written, oldest first.
  void replay(const std::function<void(const tenon_write&)>& apply) {
    std::string text(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    if (::pread(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      throw sdk::Failure(TENON_E_IO, "the journal can't be read", errno);
    std::size_t at = 0;
    while (text.size() - at >= 4 && text.size() - at - 4 >= number(text, at)) {
      const std::size_t end = at + 4 + number(text, at);
      for (at += 4; at < end;) {
        const std::size_t key = number(text, at + 8), value = number(text, at + 12);
        apply({number(text, at), number(text, at + 4), sdk::abi(std::string_view(text).substr(at + 16, key)),
               sdk::abi(std::string_view(text).substr(at + 16 + key, value))});
        at += 16 + key + value;
      }
    }
    if (::ftruncate(fd_, static_cast<off_t>(at)) != 0) throw sdk::Failure(TENON_E_IO, "ftruncate", errno);
  }

  static void add(std::string& record, const tenon_write& write) {
    for (const std::uint64_t field :
         {std::uint64_t{write.type}, std::uint64_t{write.space}, write.key.len, write.value.len})
      add_number(record, static_cast<std::uint32_t>(field));
    record += sdk::text_of(write.key);
    record += sdk::text_of(write.value);
  }
  // TENON_E_NOSPACE: nothing of it is there.
  tenon_status append(const std::string& writes) {
    std::string record;
    add_number(record, static_cast<std::uint32_t>(writes.size()));
    record += writes;
    const off_t before = ::lseek(fd_, 0, SEEK_END);
    if (::write(fd_, record.data(), record.size()) == static_cast<ssize_t>(record.size())) return TENON_OK;
    const bool is_full = errno == ENOSPC;
    return ::ftruncate(fd_, before) == 0 && is_full ? TENON_E_NOSPACE : TENON_E_IO_FATAL;
  }
  tenon_status sync() { return ::fdatasync(fd_) == 0 ? TENON_OK : TENON_E_IO_FATAL; }

 private:
  static std::uint32_t number(const std::string& text, std::size_t at) {
    std::uint32_t number = 0;
    text.copy(reinterpret_cast<char*>(&number), sizeof number, at);
    return number;
  }
  static void add_number(std::string& text, std::uint32_t number) {
    text.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  int fd_;
};

}  // namespace tenon::test
