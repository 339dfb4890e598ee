#include "store/disk/log_over_engine.h"

#include "store/disk/engine_journal.h"

namespace tenon::store {
namespace {

EngineJournal& of(tenon_journal* raw) {
  return *reinterpret_cast<EngineJournal*>(raw);
}

tenon_status open(tenon_plugin* self, tenon_journal** ret_journal, tenon_error* error) {
  EngineJournal* journal = nullptr;
  const tenon_status status =
      EngineJournal::open(*static_cast<const LogOverEngine*>(self->plugin_data), &journal, error);
  if (status == TENON_OK) *ret_journal = reinterpret_cast<tenon_journal*>(journal);
  return status;
}
void close(tenon_journal* journal) {
  delete &of(journal);
}
tenon_status groups(tenon_journal* journal, tenon_log_group_fn fn, void* user, tenon_error*) {
  return of(journal).groups(fn, user);
}
tenon_status write_v(tenon_journal* journal, const tenon_log_write* writes, std::uint64_t count,
                     tenon_error* error) {
  return of(journal).write_v({writes, static_cast<std::size_t>(count)}, error);
}
tenon_status compact(tenon_journal* journal, tenon_group_id group, tenon_log_point base, tenon_error* error) {
  return of(journal).compact(group, base, error);
}
tenon_status read(tenon_journal* journal, tenon_group_id group, std::uint64_t begin, std::uint64_t end,
                  std::uint64_t bytes_max, tenon_log_page* ret_page, tenon_error* error) {
  return of(journal).read(group, begin, end, bytes_max, ret_page, error);
}
tenon_status term_at(tenon_journal* journal, tenon_group_id group, std::uint64_t index,
                     std::uint64_t* ret_term) {
  return of(journal).term_at(group, index, ret_term);
}
tenon_status bounds(tenon_journal* journal, tenon_group_id group, tenon_log_bounds* ret_bounds) {
  return of(journal).bounds(group, ret_bounds);
}
tenon_status verify(tenon_journal* journal, tenon_error* error) {
  return of(journal).verify(error);
}
tenon_status stats(tenon_journal* journal, tenon_log_stats* ret_stats) {
  return of(journal).stats(ret_stats);
}

constexpr tenon_log log_table{sizeof(tenon_log), 0,    open,    close,  groups, write_v,
                              compact,           read, term_at, bounds, verify, stats};

}  // namespace

LogOverEngine::LogOverEngine(const tenon_storage& storage, tenon_engine* engine, Spaces spaces,
                             std::mutex& turns)
    : storage_(storage), engine_(engine), spaces_(spaces), turns_(turns) {
  self_.struct_size = sizeof self_;
  self_.plugin_data = this;
}

const tenon_log& LogOverEngine::table() const {
  return log_table;
}

}  // namespace tenon::store
