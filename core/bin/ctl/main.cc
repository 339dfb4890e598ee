// tenonctl: asks a broker over its HTTP API, and keeps password files. See arguments.cc for the help text.
#include <cstdio>
#include <cstdlib>

#include "bin/ctl/passwd/password_file.h"
#include "bin/ctl/run.h"

namespace {

void show_progress(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const char* endpoint = std::getenv("TENON_ENDPOINT");
  const tenon::ctl::Environment environment{endpoint ? endpoint : "", TENON_STATE_DIR,
                                            tenon::ctl::read_password, show_progress, print};
  const std::span<const char* const> args(argv, static_cast<std::size_t>(argc));
  const tenon::ctl::Outcome outcome = tenon::ctl::run(args.empty() ? args : args.subspan(1), environment);
  std::fputs(outcome.err.c_str(), stderr);
  const bool written =
      std::fputs(outcome.out.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!written) return static_cast<int>(tenon::ctl::ExitCode::failed);
  return static_cast<int>(outcome.code);
}
