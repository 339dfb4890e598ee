#include "store/members/absorbed_rows.h"

#include "store/disk/engine_layout.h"
#include "store/members/row.h"

namespace tenon::store {

AbsorbedRows::AbsorbedRows(std::span<const kv::EngineBatch::Absorbed> ranges) {
  for (const auto& range : ranges)
    rows_.push_back(
        {kv::range_key(range.id), encode(MemberRow::of_absorbed(range.descriptor, range.may_return))});
}

void AbsorbedRows::append_to(std::vector<tenon_write>& writes) const {
  for (const Row& row : rows_) {
    writes.push_back({TENON_WRITE_DELETE, record_space, to_abi(row.key), {}});
    writes.push_back({TENON_WRITE_PUT, member_space, to_abi(row.key), to_abi(row.value)});
  }
}

}  // namespace tenon::store
