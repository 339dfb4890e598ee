#include "node/identity.h"

#include <algorithm>
#include <charconv>
#include <span>

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

std::string text_of(std::uint64_t number) {
  return std::string(form) + node_id_text(number);
}

Result<KeptIdentity> read_all(const store::Engine& meta) {
  const auto id = read_number(meta, id_key);
  if (!id.ok()) return id.error();
  const auto starts = read_number(meta, start_key);
  if (!starts.ok()) return starts.error();
  const auto cluster_id = read_number(meta, cluster_key);
  if (!cluster_id.ok()) return cluster_id.error();
  return KeptIdentity{*id, *starts, *cluster_id};
}

// All of it or nothing: with an id and no cluster the engine would be that of a node that has never voted.
Status write_all(store::Engine& meta, const KeptIdentity& identity) {
  const std::string id = text_of(identity.id);
  const std::string starts = text_of(identity.start_number);
  const std::string cluster_id = text_of(identity.cluster_id);
  const auto put = [](std::string_view key, std::string_view value) {
    return tenon_write{TENON_WRITE_PUT, store::node_space, store::to_abi(key), store::to_abi(value)};
  };
  const tenon_write writes[] = {put(id_key, id), put(start_key, starts), put(cluster_key, cluster_id)};
  return meta.write_durably(std::span(writes).first(identity.cluster_id != 0 ? 3 : 2));
}

bool lacks_cluster(const KeptIdentity& held, const KeptIdentity& known) {
  return known.cluster_id != 0 && (held.id == 0 || held.cluster_id == 0);
}

}  // namespace

std::string node_id_text(std::uint64_t id) {
  return hex_text(id);
}

Result<bool> has_forgotten_cluster(const store::Engine& meta, const KeptIdentity& known) {
  const auto held = read_all(meta);
  if (!held.ok()) return held.error();
  return lacks_cluster(*held, known);
}

Result<Identity> open_identity(store::Engine& meta, Random& random, const KeptIdentity& known) {
  const auto held = read_all(meta);
  if (!held.ok()) return held.error();
  const bool was_lost = (held->id == 0 && known.id != 0) || lacks_cluster(*held, known);
  KeptIdentity now = *held;
  if (was_lost) now.id = known.id;
  while (now.id == 0) now.id = random.next();
  now.start_number = std::max(held->start_number, known.start_number) + 1;
  if (now.cluster_id == 0) now.cluster_id = known.cluster_id;
  if (Status written = write_all(meta, now); !written.ok()) return written.error();
  return Identity{now.id, now.start_number, was_lost};
}

Result<std::uint64_t> read_cluster_id(const store::Engine& meta) {
  return read_number(meta, cluster_key);
}

Status keep_cluster_id(store::Engine& meta, std::uint64_t cluster_id) {
  return meta.put(store::node_space, cluster_key, text_of(cluster_id));
}

}  // namespace tenon::node
