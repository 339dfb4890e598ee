#include "config/sources/merge.h"

#include <utility>

#include "config/table/schema.h"

namespace tenon::config {
namespace {

// Where one map of a source stands in the table; null inside free-form options.
const SchemaNode* below(const SchemaNode* node, const std::string& key) {
  return !node || node->is_key() ? nullptr : node->child(key);
}

void merge(Value& into, Value over, const SchemaNode* node);

// A value that nothing stands under yet: its nulls have nothing to take away, but must not stay.
Value without_nulls(Value value, const SchemaNode* node) {
  if (!value.is_map() || !node || node->is_key()) return value;
  Value clean = Value::make_map(value.origin);
  merge(clean, std::move(value), node);
  return clean;
}

void merge_member(Value& into, Member member, const SchemaNode* node) {
  const SchemaNode* child = below(node, member.key);
  Value* present = into.find(member.key);
  if (node && member.value.kind == Kind::null) {
    std::erase_if(into.members, [&](const Member& m) { return m.key == member.key; });
  } else if (present && present->is_map() && member.value.is_map()) {
    merge(*present, std::move(member.value), child);
  } else {
    Value value = without_nulls(std::move(member.value), child);
    if (present)
      *present = std::move(value);
    else
      into.members.push_back({std::move(member.key), std::move(member.key_origin), std::move(value)});
  }
}

void merge(Value& into, Value over, const SchemaNode* node) {
  into.origin = over.origin;
  const bool free_form = node && node->is_key();
  for (Member& member : over.members) merge_member(into, std::move(member), free_form ? nullptr : node);
}

}  // namespace

void merge_source(Value& into, Value over) {
  merge(into, std::move(over), &schema());
}

void merge_options(Value& into, Value over) {
  merge(into, std::move(over), nullptr);
}

}  // namespace tenon::config
