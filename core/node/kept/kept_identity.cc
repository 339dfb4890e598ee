#include "node/kept/kept_identity.h"

#include <charconv>
#include <string_view>

#include "node/identity.h"
#include "node/kept/kept_file.h"

namespace tenon::node {

namespace {

constexpr std::string_view form = "1:";
constexpr std::size_t text_bytes = 2 + 3 * 17;

std::string path_in(const std::string& data_dir) {
  return data_dir + "/node.id";
}

// Takes sixteen digits and what stands behind them off `text`; false: there are none.
bool take_number(std::string_view& text, char end, std::uint64_t& number) {
  if (text.size() < 17 || text[16] != end) return false;
  const auto read = std::from_chars(text.data(), text.data() + 16, number, 16);
  text.remove_prefix(17);
  return read.ec == std::errc();
}

}  // namespace

Result<KeptIdentity> read_kept_identity(Disk& disk, const std::string& data_dir) {
  const std::string path = path_in(data_dir);
  const auto kept = read_kept_file(disk, path, text_bytes);
  if (!kept) return kept.error();
  if (!*kept) return KeptIdentity{};
  std::string_view text = **kept;
  KeptIdentity identity;
  const bool is_sound = text.size() == text_bytes && text.starts_with(form) &&
                        (text.remove_prefix(form.size()), take_number(text, ' ', identity.id)) &&
                        take_number(text, ' ', identity.start_number) &&
                        take_number(text, '\n', identity.cluster_id) && identity.id != 0;
  if (!is_sound) return Error{Errc::corrupt, path + " does not say who the node is"};
  return identity;
}

Status keep_identity(Disk& disk, const std::string& data_dir, const KeptIdentity& identity) {
  return keep_file(disk, data_dir, path_in(data_dir),
                   std::string(form) + node_id_text(identity.id) + " " + node_id_text(identity.start_number) +
                       " " + node_id_text(identity.cluster_id) + "\n");
}

}  // namespace tenon::node
