#include "scratch_dir.h"

#include <stdlib.h>

#include <filesystem>

namespace tenon::tools {

ScratchDir::ScratchDir() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  if (error) return;
  std::string dir = (parent / "tenon-check-XXXXXX").string();
  if (::mkdtemp(dir.data())) path_ = dir;
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tenon::tools
