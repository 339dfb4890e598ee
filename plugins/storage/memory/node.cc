#include "memory/node.h"

#include <algorithm>

namespace tenon::storage_memory {

NodeRef Node::clone() const {
  if (is_leaf_) return NodeRef(new Leaf(as_leaf(*this)));
  return NodeRef(new Inner(as_inner(*this)));
}

void Node::destroy() {
  MemoryMeter& meter = *meter_;
  if (is_leaf_) {
    delete static_cast<Leaf*>(this);
    meter.remove(sizeof(Leaf));
  } else {
    delete static_cast<Inner*>(this);
    meter.remove(sizeof(Inner));
  }
}

Ref<Leaf> Leaf::make(MemoryMeter& meter) {
  return Ref<Leaf>(new Leaf(meter));
}

std::size_t Leaf::lower_bound(tenon_bytes key) const {
  const auto* at = std::lower_bound(
      records.begin(), records.end(), key,
      [](const RecordRef& record, tenon_bytes wanted) { return compare(record->key(), wanted) < 0; });
  return static_cast<std::size_t>(at - records.begin());
}

Ref<Inner> Inner::make(MemoryMeter& meter) {
  return Ref<Inner>(new Inner(meter));
}

std::size_t Inner::child_for(tenon_bytes key) const {
  const auto* at = std::upper_bound(
      children.begin() + 1, children.end(), key,
      [](tenon_bytes wanted, const Child& child) { return compare(wanted, child.low->key()) < 0; });
  return static_cast<std::size_t>(at - children.begin()) - 1;
}

}  // namespace tenon::storage_memory
