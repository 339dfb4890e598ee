#pragma once

#include "memory/fixed_list.h"
#include "memory/record.h"
#include "memory/ref.h"

namespace tenon::storage_memory {

class Node;
using NodeRef = Ref<Node>;

// A node of the tree: a leaf holds records in order, an inner node holds children. A node that more than one
// reference leads to is unchangeable; NodeRef counts them. One thread.
class Node {
 public:
  static constexpr std::size_t fanout = 32;

  bool is_leaf() const { return is_leaf_; }
  std::size_t size() const;
  bool is_shared() const { return refs_ > 1; }

  void ref() { ++refs_; }
  void unref() {
    if (--refs_ == 0) destroy();
  }
  // A copy that shares records or children. Throws std::bad_alloc.
  NodeRef clone() const;

 protected:
  Node(MemoryMeter& meter, bool is_leaf) : meter_(&meter), is_leaf_(is_leaf) {}
  // A copy begins with no reference to it.
  Node(const Node& other) : meter_(other.meter_), is_leaf_(other.is_leaf_) {}
  Node& operator=(const Node&) = delete;
  ~Node() = default;

  MemoryMeter* meter_;

 private:
  void destroy();

  std::uint32_t refs_ = 0;
  const bool is_leaf_;
};

class Leaf final : public Node {
 public:
  static Ref<Leaf> make(MemoryMeter& meter);
  // Position of the first record whose key is not below `key`.
  std::size_t lower_bound(tenon_bytes key) const;
  bool holds(std::size_t at, tenon_bytes key) const {
    return at < records.size() && compare(records[at]->key(), key) == 0;
  }

  FixedList<RecordRef, fanout> records;

 private:
  friend class Node;
  explicit Leaf(MemoryMeter& meter) : Node(meter, true) { meter.add(sizeof(Leaf)); }
  Leaf(const Leaf& other) : Node(other), records(other.records) { meter_->add(sizeof(Leaf)); }
};

class Inner final : public Node {
 public:
  // A record with an empty value, of which only the key counts.
  struct Child {
    RecordRef
        low;  // no key below child `i` reaches it, none in child `i` is below it; not looked at for i = 0
    NodeRef node;
  };

  static Ref<Inner> make(MemoryMeter& meter);
  // The child that holds `key` if any does. REQUIRES: there is a child.
  std::size_t child_for(tenon_bytes key) const;

  FixedList<Child, fanout> children;

 private:
  friend class Node;
  explicit Inner(MemoryMeter& meter) : Node(meter, false) { meter.add(sizeof(Inner)); }
  Inner(const Inner& other) : Node(other), children(other.children) { meter_->add(sizeof(Inner)); }
};

inline Leaf& as_leaf(Node& node) {
  return static_cast<Leaf&>(node);
}
inline const Leaf& as_leaf(const Node& node) {
  return static_cast<const Leaf&>(node);
}
inline Inner& as_inner(Node& node) {
  return static_cast<Inner&>(node);
}
inline const Inner& as_inner(const Node& node) {
  return static_cast<const Inner&>(node);
}
inline std::size_t Node::size() const {
  return is_leaf_ ? as_leaf(*this).records.size() : as_inner(*this).children.size();
}

}  // namespace tenon::storage_memory
