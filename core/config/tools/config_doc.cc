// tenon-config-doc: writes what is generated from the table of configuration keys to standard output.
//
//   tenon-config-doc reference > docs/reference/config.md
//   tenon-config-doc schema    > config.schema.json

#include <cstdio>
#include <cstring>
#include <string>

#include "config/table/json_schema.h"
#include "config/table/reference.h"

namespace {

int write_out(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "reference") == 0) return write_out(tenon::config::reference_page());
  if (argc == 2 && std::strcmp(argv[1], "schema") == 0) return write_out(tenon::config::json_schema());
  std::fputs("Usage: tenon-config-doc reference|schema\n", stderr);
  return 64;
}
