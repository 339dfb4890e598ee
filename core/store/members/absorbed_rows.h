#pragma once

#include <span>
#include <string>
#include <vector>

#include "kv/range.h"
#include "store/disk/engine.h"

namespace tenon::store {

// What an engine is told when another range has absorbed some: their records go, and their MemberRow says
// that what else they had, but for the items, is to be deleted. In one batch with what says who holds the
// items now.
class AbsorbedRows {
 public:
  explicit AbsorbedRows(std::span<const kv::EngineBatch::Absorbed> ranges);
  AbsorbedRows(const AbsorbedRows&) = delete;
  AbsorbedRows& operator=(const AbsorbedRows&) = delete;

  // The writes point into this.
  void append_to(std::vector<tenon_write>& writes) const;

 private:
  struct Row {
    std::string key;
    std::string value;
  };
  std::vector<Row> rows_;
};

}  // namespace tenon::store
