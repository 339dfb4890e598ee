#include "support.h"

#include <stdlib.h>

#include <filesystem>

namespace tenon::auth_file {

TempDir::TempDir() {
  std::string path = (std::filesystem::temp_directory_path() / "tenon-auth-file-XXXXXX").string();
  path_ = ::mkdtemp(path.data()) ? path : std::string{};
}

TempDir::~TempDir() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tenon::auth_file
