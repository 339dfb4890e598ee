#include "support/journal_suite/test_journal.h"

#include "support/fake_host.h"
#include "support/plugin_module.h"

namespace tenon::test {
namespace {

tenon_bytes abi_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

class PluginJournal final : public JournalInstance {
 public:
  PluginJournal(const std::string& module_path, DiskBackend& disk, const std::string& dir,
                const std::string& options)
      : host_(disk, dir, options),
        plugin_(start_plugin(PluginModule(module_path).plugin_of_kind(TENON_LOG_ID), host_.get())) {}
  const tenon_log& table() const override {
    return *static_cast<const tenon_log*>(plugin_->get_interface(plugin_.get(), TENON_LOG_ID));
  }
  tenon_plugin* self() override { return plugin_.get(); }
  std::string log_text() const override { return host_.log_text(); }
  std::uint32_t health() const override { return host_.health(); }

 private:
  FakeHost host_;
  PluginInstance plugin_;
};

struct GroupList {
  Logs logs;
  std::map<GroupId, std::string> damaged;

  static tenon_status add(void* user, const tenon_log_group* group) {
    auto& list = *static_cast<GroupList*>(user);
    const GroupId id{group->id.range, group->id.incarnation};
    if (group->state != TENON_OK)
      list.damaged[id] = text_of(group->damage);
    else
      list.logs[id] = {group->base, {}, text_of(group->hard_state), 0};
    return TENON_OK;
  }
};

}  // namespace

JournalUnderTest plugin_journal(std::string name, std::string module_path, std::string options_json) {
  JournalUnderTest journal;
  journal.name = std::move(name);
  journal.start = [module_path, options_json](DiskBackend& disk, const std::string& dir) {
    return std::make_unique<PluginJournal>(module_path, disk, dir, options_json);
  };
  return journal;
}

tenon_error* TestJournal::fresh_error() {
  error_ = {};
  error_.struct_size = sizeof error_;
  return &error_;
}

tenon_status TestJournal::open() {
  return last_status_ = instance_->open(&journal_, fresh_error());
}

void TestJournal::close() {
  if (journal_ != nullptr) instance_->close(journal_);
  journal_ = nullptr;
}

tenon_status TestJournal::write_v(const std::vector<LogWrite>& writes) {
  std::vector<std::vector<tenon_log_entry>> entries;
  std::vector<tenon_log_write> raw;
  for (const LogWrite& write : writes) {
    auto& list = entries.emplace_back();
    for (std::size_t i = 0; i < write.entries.size(); ++i)
      list.push_back({{write.first + i, write.entries[i].term},
                      write.entries[i].type,
                      0,
                      abi_bytes(write.entries[i].data)});
  }
  for (std::size_t i = 0; i < writes.size(); ++i)
    raw.push_back({writes[i].group.abi(), writes[i].flags, static_cast<std::uint32_t>(entries[i].size()),
                   entries[i].data(), abi_bytes(writes[i].hard_state), writes[i].base});
  return last_status_ = table().write_v(journal_, raw.data(), raw.size(), fresh_error());
}

std::vector<Entry> TestJournal::read(GroupId group, std::uint64_t begin, std::uint64_t end,
                                     std::uint64_t bytes_max) {
  tenon_log_page page{};
  last_status_ = table().read(journal_, group.abi(), begin, end, bytes_max, &page, fresh_error());
  std::vector<Entry> entries;
  if (last_status_ != TENON_OK) return entries;
  for (std::uint64_t i = 0; i < page.count; ++i) {
    const tenon_log_entry& entry = page.entries[i];
    if (entry.at.index != begin + i) {
      last_status_ = TENON_E_INTERNAL;
      return {};
    }
    entries.push_back({entry.at.term, entry.type, text_of(entry.data)});
  }
  return entries;
}

std::optional<std::uint64_t> TestJournal::term_at(GroupId group, std::uint64_t index) {
  std::uint64_t term = 0;
  last_status_ = table().term_at(journal_, group.abi(), index, &term);
  if (last_status_ != TENON_OK) return std::nullopt;
  return term;
}

std::optional<tenon_log_bounds> TestJournal::bounds(GroupId group) {
  tenon_log_bounds bounds{};
  bounds.struct_size = sizeof bounds;
  last_status_ = table().bounds(journal_, group.abi(), &bounds);
  if (last_status_ != TENON_OK) return std::nullopt;
  return bounds;
}

tenon_log_stats TestJournal::stats() const {
  tenon_log_stats stats{};
  stats.struct_size = sizeof stats;
  table().stats(journal_, &stats);
  return stats;
}

GroupLog TestJournal::log_of(GroupId group, std::uint64_t bytes_max) {
  GroupLog log;
  const auto found = bounds(group);
  if (!found) return log;
  log.base = found->base;
  for (std::uint64_t next = found->base.index + 1; next <= found->last.index;) {
    const std::vector<Entry> page = read(group, next, found->last.index + 1, bytes_max);
    if (last_status_ != TENON_OK || page.empty()) return log;
    for (const Entry& entry : page) log.entries[next++] = entry;
  }
  return log;
}

Logs TestJournal::contents() {
  GroupList list;
  last_status_ = table().groups(journal_, GroupList::add, &list, fresh_error());
  damaged_ = list.damaged;
  for (auto& [id, log] : list.logs) {
    const std::string hard_state = log.hard_state;
    log = log_of(id);
    log.hard_state = hard_state;
    if (last_status_ != TENON_OK) return list.logs;
  }
  return list.logs;
}

}  // namespace tenon::test
