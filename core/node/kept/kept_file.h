#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/result.h"

namespace tenon::node {

// Files that are written whole, in the data directory.

// Empty: there is no such file. corrupt: it is longer than `bytes_max`; the text names it.
Result<std::optional<std::string>> read_kept_file(Disk& disk, const std::string& path, std::size_t bytes_max);
// Durable when it returns; a crash or a failure leaves the one of before. `folder` is that of `path`.
Status keep_file(Disk& disk, const std::string& folder, const std::string& path, std::string_view text);

}  // namespace tenon::node
