#include "node/kept_identity.h"

#include <array>
#include <charconv>
#include <string_view>

#include "node/identity.h"

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
  const Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::read);
  if (!file && file.error().code == Errc::not_found) return KeptIdentity{};
  if (!file) return file.error();
  std::array<std::uint8_t, text_bytes + 1> buffer;
  const Result<std::size_t> bytes = (*file)->pread(0, buffer);
  if (!bytes) return bytes.error();
  std::string_view text = as_text(Bytes(buffer).first(*bytes));
  KeptIdentity identity;
  const bool is_sound = text.size() == text_bytes && text.starts_with(form) &&
                        (text.remove_prefix(form.size()), take_number(text, ' ', identity.id)) &&
                        take_number(text, ' ', identity.start_number) &&
                        take_number(text, '\n', identity.cluster_id) && identity.id != 0;
  if (!is_sound) return Error{Errc::corrupt, path + " does not say who the node is"};
  return identity;
}

Status keep_identity(Disk& disk, const std::string& data_dir, const KeptIdentity& identity) {
  const std::string path = path_in(data_dir);
  const std::string new_path = path + ".new";
  const std::string text = std::string(form) + node_id_text(identity.id) + " " +
                           node_id_text(identity.start_number) + " " + node_id_text(identity.cluster_id) +
                           "\n";
  if (const Status removed = disk.remove(new_path); !removed && removed.error().code != Errc::not_found)
    return removed.error();
  Result<std::unique_ptr<File>> file = disk.open(new_path, OpenMode::create_new);
  if (!file) return file.error();
  const std::array<Bytes, 1> spans = {as_bytes(text)};
  if (const Status written = (*file)->pwrite_v(0, spans); !written) return written.error();
  if (const Status synced = (*file)->fdatasync(); !synced) return synced.error();
  if (const Status renamed = disk.rename(new_path, path); !renamed) return renamed.error();
  return disk.sync_dir(data_dir);
}

}  // namespace tenon::node
