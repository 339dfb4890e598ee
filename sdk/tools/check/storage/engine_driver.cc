#include "storage/engine_driver.h"

#include "abi_text.h"

namespace tenon::tools {
void EngineModel::apply(const EngineBatch& batch) {
  for (const EngineWrite& write : batch) {
    auto& space = spaces_[write.space];
    if (write.type == TENON_WRITE_PUT)
      space[write.key] = write.value;
    else if (write.type == TENON_WRITE_DELETE)
      space.erase(write.key);
    else if (write.value.empty() || write.key < write.value)
      space.erase(space.lower_bound(write.key),
                  write.value.empty() ? space.end() : space.lower_bound(write.value));
    if (space.empty()) spaces_.erase(write.space);
  }
}

EngineItems EngineModel::range(std::uint32_t space, const std::string& begin, const std::string& end,
                               bool reverse) const {
  EngineItems items;
  const auto found = spaces_.find(space);
  if (found == spaces_.end()) return items;
  for (auto at = found->second.lower_bound(begin); at != found->second.end(); ++at)
    if (end.empty() || at->first < end) items.push_back(*at);
  if (reverse) return {items.rbegin(), items.rend()};
  return items;
}

std::optional<std::string> EngineModel::get(std::uint32_t space, const std::string& key) const {
  const auto found = spaces_.find(space);
  if (found == spaces_.end() || !found->second.contains(key)) return std::nullopt;
  return found->second.at(key);
}

EngineDriver::EngineDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor,
                           const Subject& subject, const std::string& dir) {
  auto made = check_host.make(descriptor, subject.file.path, subject.options_json, dir);
  if (!made) throw EngineFault(made.error().message);
  instance_ = std::move(made).value();
  if (const Status s = start(*instance_); !s) throw EngineFault(s.error().message);
  table_ = &instance_->storage();
  info_.struct_size = sizeof info_;
  const tenon_status status = table_->open(instance_->raw(), &engine_, &info_, fresh_error());
  if (status != TENON_OK) instance_->deactivate();
  must("open", status);
}

EngineDriver::~EngineDriver() {
  table_->close(engine_);
  instance_->deactivate();
}

void EngineDriver::must(const char* call, tenon_status status) {
  if (status == TENON_OK) return;
  const std::string words = error_.message[0] != 0 ? std::string(": ") + error_.message : "";
  throw EngineFault(std::string(call) + " answered " + std::to_string(status) + words, status);
}

tenon_error* EngineDriver::fresh_error() {
  error_ = {};
  error_.struct_size = sizeof error_;
  return &error_;
}

tenon_status EngineDriver::try_write(const EngineBatch& batch, std::uint32_t durability) {
  std::vector<tenon_write> writes;
  for (const EngineWrite& write : batch)
    writes.push_back({write.type, write.space, abi(write.key), abi(write.value)});
  const tenon_write_batch one{writes.data(), writes.size()};
  return table_->write_v(engine_, &one, 1, durability, fresh_error());
}

void EngineDriver::write(const EngineBatch& batch, std::uint32_t durability) {
  must("write_v", try_write(batch, durability));
}

void EngineDriver::sync() {
  must("sync", table_->sync(engine_, fresh_error()));
}

void EngineDriver::verify() {
  must("verify", table_->verify(engine_, fresh_error()));
}

void EngineDriver::checkpoint(const std::string& path) {
  must("checkpoint", table_->checkpoint(engine_, path.c_str(), fresh_error()));
}

std::optional<std::string> EngineDriver::get(std::uint32_t space, const std::string& key,
                                             const tenon_snapshot* snapshot) {
  tenon_bytes value{};
  fresh_error();
  const tenon_status status = table_->get(engine_, snapshot, space, abi(key), &value);
  if (status == TENON_E_NOT_FOUND) return std::nullopt;
  must("get", status);
  return text_of(value);
}

EngineItems EngineDriver::scan(std::uint32_t space, const std::string& begin, const std::string& end,
                               bool reverse, const tenon_snapshot* snapshot, std::uint64_t count_max) {
  tenon_iterator* iterator = nullptr;
  must("iter_open", table_->iter_open(engine_, snapshot, space, abi(begin), abi(end),
                                      reverse ? TENON_ITER_REVERSE : 0, &iterator, fresh_error()));
  return rest_of(iterator, count_max);
}

tenon_iterator* EngineDriver::iterate(std::uint32_t space) {
  tenon_iterator* iterator = nullptr;
  must("iter_open", table_->iter_open(engine_, nullptr, space, {}, {}, 0, &iterator, fresh_error()));
  return iterator;
}

EngineItems EngineDriver::rest_of(tenon_iterator* iterator, std::uint64_t count_max) {
  EngineItems items;
  tenon_page page{};
  tenon_status status = TENON_OK;
  while ((status = table_->iter_next(iterator, count_max, 1u << 20, &page, fresh_error())) == TENON_OK) {
    if (page.count == 0 || page.count > count_max) break;
    for (std::uint64_t i = 0; i < page.count; ++i)
      items.emplace_back(text_of(page.items[i].key), text_of(page.items[i].value));
  }
  table_->iter_close(iterator);
  if (status == TENON_OK)
    throw EngineFault("iter_next gives a page of " + std::to_string(page.count) +
                      " items, asked for at most " + std::to_string(count_max) + " and at least one");
  if (status != TENON_END) must("iter_next", status);
  return items;
}

tenon_snapshot* EngineDriver::snapshot() {
  tenon_snapshot* snapshot = nullptr;
  must("snapshot_acquire", table_->snapshot_acquire(engine_, &snapshot, fresh_error()));
  return snapshot;
}

void EngineDriver::release(tenon_snapshot* snapshot) {
  table_->snapshot_release(engine_, snapshot);
}

std::vector<std::string> EngineDriver::export_all(std::uint32_t space, const tenon_snapshot* snapshot,
                                                  std::uint64_t bytes_max) {
  tenon_export* stream = nullptr;
  must("export_open", table_->export_open(engine_, snapshot, space, {}, {}, &stream, fresh_error()));
  std::vector<std::string> chunks;
  tenon_bytes chunk{};
  tenon_status status = TENON_OK;
  while ((status = table_->export_next(stream, bytes_max, &chunk, fresh_error())) == TENON_OK)
    chunks.push_back(text_of(chunk));
  table_->export_close(stream);
  if (status != TENON_END) must("export_next", status);
  return chunks;
}

tenon_status EngineDriver::try_import(std::uint32_t space, const std::string& chunk) {
  return table_->import_chunk(engine_, space, abi(chunk), fresh_error());
}

}  // namespace tenon::tools
