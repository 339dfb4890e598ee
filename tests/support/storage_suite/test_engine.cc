#include "support/storage_suite/test_engine.h"

namespace tenon::test {

TestEngine::TestEngine(const EngineUnderTest& what, DiskBackend& disk, const std::string& dir)
    : host_(disk, dir, what.options_json),
      plugin_(start_plugin(PluginModule(what.module_path).plugin_of_kind(TENON_STORAGE_ID), host_.get())),
      table_(static_cast<const tenon_storage*>(plugin_->get_interface(plugin_.get(), TENON_STORAGE_ID))) {}

tenon_error* TestEngine::fresh_error() {
  error_ = {};
  error_.struct_size = sizeof error_;
  return &error_;
}

tenon_status TestEngine::open() {
  info_ = {};
  info_.struct_size = sizeof info_;
  return last_status_ = table_->open(plugin_.get(), &engine_, &info_, fresh_error());
}

void TestEngine::close() {
  if (engine_ != nullptr) table_->close(engine_);
  engine_ = nullptr;
}

tenon_status TestEngine::write_v(const std::vector<Batch>& batches, std::uint32_t durability) {
  std::vector<std::vector<tenon_write>> writes;
  std::vector<tenon_write_batch> raw;
  for (const Batch& batch : batches) {
    auto& list = writes.emplace_back();
    for (const Write& w : batch) list.push_back({w.type, w.space, abi_bytes(w.key), abi_bytes(w.value)});
  }
  for (const auto& list : writes) raw.push_back({list.data(), list.size()});
  return last_status_ = table_->write_v(engine_, raw.data(), raw.size(), durability, fresh_error());
}

std::optional<std::string> TestEngine::get(std::uint32_t space, const std::string& key,
                                           const tenon_snapshot* snapshot) {
  tenon_bytes value{};
  last_status_ = table_->get(engine_, snapshot, space, abi_bytes(key), &value);
  if (last_status_ != TENON_OK) return std::nullopt;
  return text_of(value);
}

tenon_snapshot* TestEngine::snapshot() {
  tenon_snapshot* made = nullptr;
  last_status_ = table_->snapshot_acquire(engine_, &made, fresh_error());
  return made;
}

tenon_iterator* TestEngine::iterate(std::uint32_t space, const std::string& begin, const std::string& end,
                                    std::uint32_t flags, const tenon_snapshot* snapshot) {
  tenon_iterator* made = nullptr;
  last_status_ = table_->iter_open(engine_, snapshot, space, abi_bytes(begin), abi_bytes(end), flags, &made,
                                   fresh_error());
  return made;
}

Items TestEngine::next(tenon_iterator* iterator, std::uint64_t count_max, std::uint64_t bytes_max) {
  Items items;
  tenon_page page{};
  last_status_ = table_->iter_next(iterator, count_max, bytes_max, &page, fresh_error());
  if (last_status_ != TENON_OK) return items;
  for (std::uint64_t i = 0; i < page.count; ++i)
    items.emplace_back(text_of(page.items[i].key), text_of(page.items[i].value));
  return items;
}

Items TestEngine::scan(std::uint32_t space, const std::string& begin, const std::string& end,
                       std::uint32_t flags, const tenon_snapshot* snapshot, std::uint64_t count_max) {
  Items all;
  tenon_iterator* iterator = iterate(space, begin, end, flags, snapshot);
  if (iterator == nullptr) return all;
  for (Items page = next(iterator, count_max); last_status_ == TENON_OK; page = next(iterator, count_max))
    all.insert(all.end(), page.begin(), page.end());
  table_->iter_close(iterator);
  if (last_status_ == TENON_END) last_status_ = TENON_OK;
  return all;
}

Contents TestEngine::contents(const tenon_snapshot* snapshot) {
  Contents all;
  for (const std::uint32_t space : spaces) {
    Batch puts;
    for (auto& [key, value] : scan(space, {}, {}, 0, snapshot)) puts.push_back(put(space, key, value));
    if (last_status_ != TENON_OK) return all;
    all.apply(puts);
  }
  return all;
}

std::vector<std::string> TestEngine::export_range(std::uint32_t space, const std::string& begin,
                                                  const std::string& end, std::uint64_t bytes_max,
                                                  const tenon_snapshot* snapshot) {
  std::vector<std::string> chunks;
  tenon_export* stream = nullptr;
  last_status_ =
      table_->export_open(engine_, snapshot, space, abi_bytes(begin), abi_bytes(end), &stream, fresh_error());
  if (stream == nullptr) return chunks;
  tenon_bytes chunk{};
  while ((last_status_ = table_->export_next(stream, bytes_max, &chunk, fresh_error())) == TENON_OK)
    chunks.push_back(text_of(chunk));
  table_->export_close(stream);
  if (last_status_ == TENON_END) last_status_ = TENON_OK;
  return chunks;
}

tenon_status TestEngine::import_chunk(std::uint32_t space, const std::string& chunk) {
  return last_status_ = table_->import_chunk(engine_, space, abi_bytes(chunk), fresh_error());
}

tenon_storage_stats TestEngine::stats() const {
  tenon_storage_stats stats{};
  stats.struct_size = sizeof stats;
  table_->stats(engine_, &stats);
  return stats;
}

}  // namespace tenon::test
