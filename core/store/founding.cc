#include "store/founding.h"

#include <algorithm>
#include <optional>

#include "store/disk/engine_layout.h"

namespace tenon::store {

Result<std::vector<kv::RangeRecord>> read_range_records(const Engine& engine) {
  std::vector<kv::RangeRecord> records;
  std::optional<Error> failure;
  const Status walked = engine.scan(record_space, {}, {}, [&](std::string_view, std::string_view value) {
    auto record = kv::decode_range_record(value);
    if (record.ok())
      records.push_back(std::move(*record));
    else
      failure = Error{record.error().code, engine.name() + ": " + record.error().message};
    return !failure;
  });
  if (!walked.ok()) return walked.error();
  if (failure) return *failure;
  return records;
}

Status write_range_records(Engine& engine, std::span<const kv::RangeRecord> records) {
  std::vector<std::string> texts;
  for (const kv::RangeRecord& record : records) {
    texts.push_back(kv::range_key(record.id));
    texts.push_back(kv::encode(record));
  }
  std::vector<tenon_write> writes;
  for (std::size_t i = 0; i < texts.size(); i += 2)
    writes.push_back({TENON_WRITE_PUT, record_space, to_abi(texts[i]), to_abi(texts[i + 1])});
  if (Status written = engine.write(writes); !written.ok()) return written;
  return engine.sync();
}

std::vector<kv::RangeRecord> first_ranges(kv::StoreId store, std::span<const std::string> split_keys,
                                          std::vector<kv::NodeId> voters, std::vector<kv::NodeId> learners) {
  std::sort(voters.begin(), voters.end());
  std::sort(learners.begin(), learners.end());
  // Ranges of different stores never have the same number; those made later get random ones far above.
  std::uint64_t number = std::uint64_t{static_cast<std::uint8_t>(store)} << 32;
  std::vector<kv::RangeRecord> records(split_keys.size() + 1);
  for (std::size_t i = 0; i < records.size(); ++i) {
    kv::RangeRecord& record = records[i];
    record.id = {number++, 1};
    record.descriptor.store = store;
    if (i > 0) record.descriptor.begin = split_keys[i - 1];
    if (i < split_keys.size()) record.descriptor.end = split_keys[i];
    record.descriptor.members.voters = voters;
    record.descriptor.members.learners = learners;
  }
  return records;
}

}  // namespace tenon::store
