// A log in memory, whose calls are kept in a file, with one fault; FAULT says which.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <tenon/data_dir.hpp>
#include <tenon/journal.hpp>
#include <tenon/module.hpp>

#include "record.h"

namespace tenon::test {

enum class Fault : std::uint8_t {
  none,
  forgets_hard_states,  // when it is opened again
  keeps_half,           // of a call that it refuses
  writes_later,         // some calls later, or when it is closed
  ignores_faults,       // of the disk
  syncs_elsewhere,      // no fault: another thread syncs a file that no call needs
};
constexpr Fault fault = Fault::FAULT;

using Name = std::pair<std::uint64_t, std::uint64_t>;

struct Group {
  tenon_log_point base{};
  struct Entry {
    tenon_log_point at;
    std::string data;
  };
  std::vector<Entry> entries;
  std::string hard_state;

  tenon_log_point last() const { return entries.empty() ? base : entries.back().at; }
};
using Groups = std::map<Name, Group>;

class Journal {
 public:
  explicit Journal(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw sdk::Failure(TENON_E_IO, path + " can't be opened", errno);
    std::string bytes(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    if (::pread(fd_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw sdk::Failure(TENON_E_IO, path + " can't be read", errno);
    const std::size_t whole = replay(bytes);
    if (::ftruncate(fd_, static_cast<off_t>(whole)) != 0) throw sdk::Failure(TENON_E_IO, "ftruncate", errno);
  }
  ~Journal() {
    while (!waiting_.empty()) (void)append();
    ::close(fd_);
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  tenon_status groups(tenon_log_group_fn fn, void* user) {
    for (const auto& [name, group] : groups_) {
      tenon_log_group one{};
      one.struct_size = sizeof one;
      one.id = {name.first, name.second};
      one.base = group.base;
      one.last = group.last();
      if (fault != Fault::forgets_hard_states) one.hard_state = sdk::abi(std::string_view(group.hard_state));
      if (const tenon_status status = fn(user, &one); status != TENON_OK) return status;
    }
    return TENON_OK;
  }
  void write_v(std::span<const tenon_log_write> writes) {
    if (is_latched_) throw sdk::Failure(TENON_E_IO_FATAL, "latched");
    Groups before = groups_;
    for (const tenon_log_write& write : writes) {
      if (apply(write)) continue;
      if (fault != Fault::keeps_half) groups_ = std::move(before);
      throw sdk::Failure(TENON_E_INVALID, "a write does not fit its log");
    }
    RecordWriter record;
    for (const tenon_log_write& write : writes) record.add(write);
    waiting_.push_back(record.bytes());
    const tenon_status status = flush();
    if (status == TENON_OK || fault == Fault::ignores_faults) return;
    if (status == TENON_E_NOSPACE) groups_ = std::move(before);
    is_latched_ = status == TENON_E_IO_FATAL;
    throw sdk::Failure(status, "the file can't be written");
  }
  void compact(tenon_group_id, tenon_log_point) {}
  tenon_status read(tenon_group_id id, std::uint64_t begin, std::uint64_t end, std::uint64_t,
                    tenon_log_page* ret_page) {
    page_.clear();
    for (const Group::Entry& entry : groups_.at({id.range, id.incarnation}).entries)
      if (entry.at.index >= begin && entry.at.index < end)
        page_.push_back({entry.at, 0, 0, sdk::abi(std::string_view(entry.data))});
    if (page_.empty() || page_.front().at.index != begin) return TENON_E_NOT_FOUND;
    *ret_page = {page_.data(), page_.size()};
    return TENON_OK;
  }
  tenon_status term_at(tenon_group_id id, std::uint64_t index, std::uint64_t* ret_term) {
    const Group& group = groups_.at({id.range, id.incarnation});
    if (index == group.base.index) return *ret_term = group.base.term, TENON_OK;
    for (const Group::Entry& entry : group.entries)
      if (entry.at.index == index) return *ret_term = entry.at.term, TENON_OK;
    return TENON_E_NOT_FOUND;
  }
  tenon_status bounds(tenon_group_id id, tenon_log_bounds* ret_bounds) {
    const auto at = groups_.find({id.range, id.incarnation});
    if (at == groups_.end()) return TENON_E_NOT_FOUND;
    ret_bounds->base = at->second.base;
    ret_bounds->last = at->second.last();
    return TENON_OK;
  }
  void verify() {}
  void stats(tenon_log_stats*) {}

 private:
  // False: it does not fit; nothing has changed.
  bool apply(const tenon_log_write& write) {
    const Name name{write.group.range, write.group.incarnation};
    if ((write.flags & TENON_LOG_REMOVE) != 0) return groups_.erase(name), true;
    Group group = groups_[name];
    if ((write.flags & TENON_LOG_SET_BASE) != 0) {
      group.base = write.base;
      group.entries.clear();
    }
    for (std::uint32_t i = 0; i < write.entry_count; ++i) {
      const tenon_log_entry& entry = write.entries[i];
      if (entry.at.index <= group.base.index || entry.at.index > group.last().index + 1) return false;
      if (i > 0 && entry.at.index != write.entries[i - 1].at.index + 1) return false;
      std::erase_if(group.entries, [&](const Group::Entry& old) { return old.at.index >= entry.at.index; });
      group.entries.push_back({entry.at, std::string(sdk::text_of(entry.data))});
    }
    if ((write.flags & TENON_LOG_SET_HARD_STATE) != 0) group.hard_state = sdk::text_of(write.hard_state);
    groups_[name] = std::move(group);
    return true;
  }
  // How many bytes of the file are whole records.
  std::size_t replay(std::string_view bytes) {
    std::size_t at = 0;
    std::uint64_t size = 0;
    while (bytes.size() - at >= sizeof size) {
      bytes.copy(reinterpret_cast<char*>(&size), sizeof size, at);
      if (bytes.size() - at - sizeof size < size) break;
      RecordReader reader(bytes.substr(at + sizeof size, static_cast<std::size_t>(size)));
      while (reader.has_more()) (void)apply(reader.next());
      at += sizeof size + static_cast<std::size_t>(size);
    }
    return at;
  }
  tenon_status flush() {
    tenon_status status = TENON_OK;
    while (status == TENON_OK && waiting_.size() > late_calls) status = append();
    return status;
  }
  // Writes the oldest call that waits. TENON_E_NOSPACE: nothing of it is there.
  tenon_status append() {
    const std::uint64_t size = waiting_.front().size();
    const std::string record =
        std::string(reinterpret_cast<const char*>(&size), sizeof size) + waiting_.front();
    waiting_.pop_front();
    const off_t before = ::lseek(fd_, 0, SEEK_END);
    if (::write(fd_, record.data(), record.size()) != static_cast<ssize_t>(record.size())) {
      const bool is_full = errno == ENOSPC;
      return ::ftruncate(fd_, before) == 0 && is_full ? TENON_E_NOSPACE : TENON_E_IO_FATAL;
    }
    if (fault == Fault::syncs_elsewhere) std::thread(sync_another_file).join();
    return ::fdatasync(fd_) == 0 ? TENON_OK : TENON_E_IO_FATAL;
  }

  static void sync_another_file() {
    const int other = ::memfd_create("cache", MFD_CLOEXEC);
    (void)::fdatasync(other);
    ::close(other);
  }

  static constexpr std::size_t late_calls = fault == Fault::writes_later ? 20 : 0;
  int fd_;
  Groups groups_;
  std::deque<std::string> waiting_;  // calls that are not in the file
  std::vector<tenon_log_entry> page_;
  bool is_latched_ = false;
};

class Faulty : public sdk::LogPlugin<Faulty> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_DATA_DIR_ID, nullptr};
  static constexpr sdk::PluginInfo info{
      .id = "org.tenon.test.log", .name = "faulty", .version = "1.0", .requires_host = required_tables};
  using Journal = test::Journal;
  using LogPlugin::LogPlugin;

  void init() { path_ = sdk::data_dir(host()) + "/journal"; }
  std::unique_ptr<Journal> open() { return std::make_unique<Journal>(path_); }

 private:
  std::string path_;
};

}  // namespace tenon::test

// A second log in the same module.
#ifdef TWO
namespace tenon::test {
class Other : public sdk::LogPlugin<Other> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_DATA_DIR_ID, nullptr};
  static constexpr sdk::PluginInfo info{
      .id = "org.tenon.test.other-log", .name = "other", .version = "1.0", .requires_host = required_tables};
  using Journal = test::Journal;
  using LogPlugin::LogPlugin;

  void init() { path_ = sdk::data_dir(host()) + "/journal"; }
  std::unique_ptr<Journal> open() { return std::make_unique<Journal>(path_); }

 private:
  std::string path_;
};
}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.log", "1.0", tenon::test::Faulty, tenon::test::Other)
#else
TENON_CPP_MODULE(1, "org.tenon.test.log", "1.0", tenon::test::Faulty)
#endif
