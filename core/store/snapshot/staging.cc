#include "store/snapshot/staging.h"

#include <optional>
#include <utility>
#include <vector>

#include "store/disk/clear_step.h"
#include "store/disk/engine_layout.h"
#include "store/members/absorbed_rows.h"

namespace tenon::store {

namespace {

// What one step copies, about.
constexpr std::size_t step_bytes = std::size_t{1} << 20;

std::string staged_prefix(const kv::RangeId& range, kv::SnapshotSpace space) {
  return kv::range_key(range) + static_cast<char>(space);
}

tenon_write put(std::uint32_t space, std::string_view key, std::string_view value) {
  return {TENON_WRITE_PUT, space, to_abi(key), to_abi(value)};
}

tenon_write erase_range(std::uint32_t space, std::string_view begin, std::string_view end) {
  return {TENON_WRITE_DELETE_RANGE, space, to_abi(begin), to_abi(end)};
}

}  // namespace

Status EngineStaging::begin(const kv::RangeRecord&) {
  const std::string begin = kv::range_key(range_);
  const std::string end = kv::end_of_prefix(begin);
  const tenon_write write = erase_range(staging_space, begin, end);
  return engine_.write({&write, 1});
}

Status EngineStaging::stage(kv::SnapshotSpace space, std::span<const kv::SnapshotRow> rows) {
  const std::string prefix = staged_prefix(range_, space);
  std::vector<std::string> keys;
  std::vector<tenon_write> writes;
  keys.reserve(rows.size());
  writes.reserve(rows.size());
  for (const kv::SnapshotRow& row : rows) {
    keys.push_back(prefix);
    keys.back() += row.key;
    writes.push_back(put(staging_space, keys.back(), row.value));
  }
  return engine_.write(writes);
}

Status StagedInstall::decide(Engine& engine, const kv::RangeRecord& record,
                             std::span<const kv::EngineBatch::Absorbed> absorbed) {
  const std::string key = kv::range_key(record.id);
  const std::string value = kv::encode(record);
  const AbsorbedRows gone(absorbed);
  std::vector<tenon_write> writes{put(install_space, key, value)};
  gone.append_to(writes);
  // Batches survive in their order: the rows, which are older, with it.
  return engine.write_durably(writes);
}

Status StagedInstall::call_off(Engine& engine, const kv::RangeId& range) {
  const std::string key = kv::range_key(range);
  const tenon_write write{TENON_WRITE_DELETE, install_space, to_abi(key), {}};
  return engine.write_durably({&write, 1});
}

StagedInstall::StagedInstall(Engine& engine, kv::RangeRecord record)
    : engine_(engine),
      record_(std::move(record)),
      prefix_(kv::range_key(record_.id)),
      prefix_end_(kv::end_of_prefix(prefix_)),
      next_(record_.descriptor.begin) {}

void StagedInstall::enter(Phase phase, std::string next) {
  phase_ = phase;
  next_ = std::move(next);
}

Result<bool> StagedInstall::step() {
  const kv::Descriptor& descriptor = record_.descriptor;
  Result<bool> walked = true;
  switch (phase_) {
    case Phase::clear_state:
      walked = clear_step(engine_, state_space(descriptor.store), next_, descriptor.end);
      if (walked.ok() && *walked) enter(Phase::clear_sources, prefix_);
      break;
    case Phase::clear_sources:
      walked = clear_step(engine_, source_space, next_, prefix_end_);
      if (walked.ok() && *walked) enter(Phase::copy, prefix_);
      break;
    case Phase::copy:
      walked = copy();
      if (walked.ok() && *walked) enter(Phase::end, prefix_);
      break;
    case Phase::end:
      if (Status written = write_end(); !written.ok()) return written.error();
      enter(Phase::clear_staging, prefix_);
      break;
    case Phase::clear_staging:
      walked = clear_step(engine_, staging_space, next_, prefix_end_);
      if (walked.ok() && *walked) enter(Phase::done, {});
      break;
    case Phase::done:
      break;
  }
  if (!walked.ok()) return walked.error();
  return phase_ == Phase::done;
}

Result<bool> StagedInstall::copy() {
  std::vector<std::pair<std::string, std::string>> rows;
  std::size_t bytes = 0;
  const Status read =
      engine_.scan(staging_space, next_, prefix_end_, [&](std::string_view key, std::string_view value) {
        rows.emplace_back(key, value);
        bytes += key.size() + value.size();
        return bytes < step_bytes;
      });
  if (!read.ok()) return read.error();
  if (rows.empty()) return true;
  std::vector<tenon_write> writes;
  writes.reserve(rows.size());
  for (const auto& [key, value] : rows) {
    const std::string_view own = std::string_view(key).substr(prefix_.size() + 1);
    const bool is_state = key[prefix_.size()] == static_cast<char>(kv::SnapshotSpace::state);
    writes.push_back(put(is_state ? state_space(record_.descriptor.store) : source_space, own, value));
  }
  if (Status written = engine_.write(writes); !written.ok()) return written.error();
  next_ = rows.back().first + '\0';
  return bytes < step_bytes;
}

// From here on, what is staged is of no use: a start would drop it.
Status StagedInstall::write_end() {
  const std::string record = kv::encode(record_);
  const tenon_write writes[] = {put(record_space, prefix_, record),
                                {TENON_WRITE_DELETE, install_space, to_abi(prefix_), {}}};
  return engine_.write(writes);
}

Status finish_installs(Engine& engine) {
  std::vector<kv::RangeRecord> decided;
  std::optional<Error> failure;
  const Status walked = engine.scan(install_space, {}, {}, [&](std::string_view, std::string_view value) {
    auto record = kv::decode_range_record(value);
    if (record.ok())
      decided.push_back(std::move(*record));
    else
      failure = Error{record.error().code, engine.name() + ": " + record.error().message};
    return !failure;
  });
  if (!walked.ok()) return walked;
  if (failure) return *failure;
  for (kv::RangeRecord& record : decided) {
    StagedInstall install(engine, std::move(record));
    Result<bool> done = false;
    while (done.ok() && !*done) done = install.step();
    if (!done.ok()) return done.error();
  }
  const tenon_write rest = erase_range(staging_space, {}, {});
  if (Status dropped = engine.write({&rest, 1}); !dropped.ok()) return dropped;
  return engine.sync();
}

}  // namespace tenon::store
