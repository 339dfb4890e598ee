#include "node/identity.h"

#include <algorithm>
#include <charconv>

#include "base/text/hex.h"
#include "store/disk/engine_layout.h"

namespace tenon::node {

namespace {

// Values carry the version of their form.
constexpr std::string_view id_key = "node/id";
constexpr std::string_view start_key = "node/start";
constexpr std::string_view cluster_key = "cluster/id";
constexpr std::string_view form = "1:";

// 0: there is none.
Result<std::uint64_t> read_number(const store::Engine& meta, std::string_view key) {
  const auto found = meta.get(store::node_space, key);
  if (!found.ok()) return found.error();
  if (!*found) return std::uint64_t{0};
  const std::string& text = **found;
  std::uint64_t number = 0;
  const char* begin = text.data() + std::min(form.size(), text.size());
  const char* end = text.data() + text.size();
  if (!text.starts_with(form) || std::from_chars(begin, end, number, 16).ptr != end || number == 0)
    return Error{Errc::corrupt,
                 "the engine of store meta holds a " + std::string(key) + " of an unknown form"};
  return number;
}

Status keep_number(store::Engine& meta, std::string_view key, std::uint64_t number) {
  return meta.put(store::node_space, key, std::string(form) + node_id_text(number));
}

}  // namespace

std::string node_id_text(std::uint64_t id) {
  return hex_text(id);
}

Result<Identity> open_identity(store::Engine& meta, Random& random, const KeptIdentity& known) {
  const auto id = read_number(meta, id_key);
  if (!id.ok()) return id.error();
  const auto starts = read_number(meta, start_key);
  if (!starts.ok()) return starts.error();
  Identity identity{*id, std::max(*starts, known.start_number) + 1, *id == 0 && known.id != 0};
  if (identity.was_lost) identity.id = known.id;
  while (identity.id == 0) identity.id = random.next();
  if (*id == 0)
    if (Status kept = keep_number(meta, id_key, identity.id); !kept.ok()) return kept.error();
  if (Status kept = keep_number(meta, start_key, identity.start_number); !kept.ok()) return kept.error();
  return identity;
}

Result<std::uint64_t> read_cluster_id(const store::Engine& meta) {
  return read_number(meta, cluster_key);
}

Status keep_cluster_id(store::Engine& meta, std::uint64_t cluster_id) {
  return keep_number(meta, cluster_key, cluster_id);
}

}  // namespace tenon::node
