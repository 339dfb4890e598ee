#include "node/kept/kept_file.h"

#include <array>
#include <memory>

namespace tenon::node {

Result<std::optional<std::string>> read_kept_file(Disk& disk, const std::string& path,
                                                  std::size_t bytes_max) {
  const Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::read);
  if (!file && file.error().code == Errc::not_found) return std::optional<std::string>();
  if (!file) return file.error();
  std::string text(bytes_max + 1, '\0');
  const std::span<std::uint8_t> buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  const Result<std::size_t> bytes = (*file)->pread(0, buffer);
  if (!bytes) return bytes.error();
  if (*bytes > bytes_max)
    return Error{Errc::corrupt, path + " has more than " + std::to_string(bytes_max) + " bytes"};
  text.resize(*bytes);
  return std::optional(std::move(text));
}

Status keep_file(Disk& disk, const std::string& folder, const std::string& path, std::string_view text) {
  const std::string new_path = path + ".new";
  if (const Status removed = disk.remove(new_path); !removed && removed.error().code != Errc::not_found)
    return removed.error();
  Result<std::unique_ptr<File>> file = disk.open(new_path, OpenMode::create_new);
  if (!file) return file.error();
  const std::array<Bytes, 1> spans = {as_bytes(text)};
  if (const Status written = (*file)->pwrite_v(0, spans); !written) return written.error();
  if (const Status synced = (*file)->fdatasync(); !synced) return synced.error();
  if (const Status renamed = disk.rename(new_path, path); !renamed) return renamed.error();
  return disk.sync_dir(folder);
}

}  // namespace tenon::node
