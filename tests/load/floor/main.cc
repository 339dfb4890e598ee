#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "load/engine/endpoint.h"
#include "load/floor/forwarder.h"

namespace {

volatile std::sig_atomic_t stopping = 0;

void on_signal(int) {
  stopping = 1;
}

constexpr int tick_ms = 200;
constexpr std::uint64_t files_wanted = 65536;
constexpr std::uint64_t files_least = 4096;

// The port of "--port N", 0 when there are no words; negative when they say anything else.
int parse_port(int argc, char** argv) {
  if (argc == 1) return 0;
  if (argc != 3 || std::string_view(argv[1]) != "--port") return -1;
  std::uint16_t port = 0;
  const char* const end = argv[2] + std::strlen(argv[2]);
  const auto [at, error] = std::from_chars(argv[2], end, port);
  return error == std::errc{} && at == end ? port : -1;
}

void raise_file_limit() {
  try {
    tenon::load::ensure_file_limit(files_wanted);
  } catch (const std::exception&) {
    tenon::load::ensure_file_limit(files_least);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* usage =
      "usage: tenon-floor [--port N]    (0 or nothing: a free port; it is printed)\n";
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(usage, stdout);
    return 0;
  }
  const int port = parse_port(argc, argv);
  if (port < 0) {
    std::fputs(usage, stderr);
    return 2;
  }
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  try {
    raise_file_limit();
    tenon::load::Forwarder forwarder(static_cast<std::uint16_t>(port));
    std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(forwarder.port()));
    std::fflush(stdout);
    while (stopping == 0) forwarder.turn(tick_ms);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tenon-floor: %s\n", error.what());
    return 1;
  }
  return 0;
}
