#include "node/identity.h"

#include <charconv>
#include <cstdio>

namespace tenon::node {

namespace {

// Space 0 belongs to the node itself. The value carries the version of its form.
constexpr std::uint32_t node_space = 0;
constexpr std::string_view id_key = "node/id";
constexpr std::string_view starts_key = "node/starts";
constexpr std::string_view form = "1:";

}  // namespace

std::string node_id_text(std::uint64_t id) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
  return text;
}

Result<std::uint64_t> open_identity(Engine& meta, Random& random) {
  const auto found = meta.get(node_space, id_key);
  if (!found.ok()) return found.error();
  if (*found) {
    const std::string& text = **found;
    std::uint64_t id = 0;
    const char* begin = text.data() + form.size();
    const char* end = text.data() + text.size();
    if (!text.starts_with(form) || std::from_chars(begin, end, id, 16).ptr != end || id == 0)
      return Error{Errc::corrupt, "the engine of store meta holds a node id of an unknown form"};
    return id;
  }
  std::uint64_t id = 0;
  while (id == 0) id = random.next();
  const Status kept = meta.put(node_space, id_key, std::string(form) + node_id_text(id));
  if (!kept.ok()) return kept.error();
  return id;
}

Result<std::uint64_t> next_incarnation(Engine& meta) {
  const auto found = meta.get(node_space, starts_key);
  if (!found.ok()) return found.error();
  std::uint64_t count = 0;
  if (*found) {
    const std::string& text = **found;
    const char* begin = text.data() + form.size();
    const char* end = text.data() + text.size();
    if (!text.starts_with(form) || std::from_chars(begin, end, count, 10).ptr != end)
      return Error{Errc::corrupt, "the engine of store meta holds a count of starts of an unknown form"};
  }
  ++count;
  const Status kept = meta.put(node_space, starts_key, std::string(form) + std::to_string(count));
  if (!kept.ok()) return kept.error();
  return count;
}

}  // namespace tenon::node
