#include "options.h"

#include <charconv>
#include <string>

namespace tenon::transport_tcp {
namespace {

constexpr std::int64_t buffer_bytes_max = std::int64_t{1} << 30;

std::int64_t integer_within(const sdk::Config& config, const char* name, std::int64_t otherwise,
                            std::int64_t least, std::int64_t most) {
  const std::int64_t value = config.integer_or(name, otherwise);
  if (value >= least && value <= most) return value;
  throw sdk::Failure(TENON_E_INVALID, "option \"" + std::string(name) + "\" must be " +
                                          std::to_string(least) + " to " + std::to_string(most) + ", not " +
                                          std::to_string(value));
}

std::uint32_t file_mode(const std::string& text) {
  std::uint32_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [stopped_at, failed] = std::from_chars(text.data(), end, mode, 8);
  if (!text.empty() && failed == std::errc() && stopped_at == end && mode <= 0777) return mode;
  throw sdk::Failure(
      TENON_E_INVALID,
      "option \"unix_mode\" must be an octal file mode such as \"0660\", not \"" + text + "\"");
}

}  // namespace

Options Options::read(const sdk::Config& config) {
  Options options;
  options.backlog = static_cast<std::uint32_t>(integer_within(config, "backlog", options.backlog, 1, 65'535));
  options.nodelay = config.boolean_or("nodelay", options.nodelay);
  options.reuse_port = config.boolean_or("reuse_port", options.reuse_port);
  options.unix_mode = file_mode(config.text_or("unix_mode", "0660"));
  options.send_buffer_bytes =
      static_cast<std::int32_t>(integer_within(config, "send_buffer_bytes", 0, 0, buffer_bytes_max));
  options.receive_buffer_bytes =
      static_cast<std::int32_t>(integer_within(config, "receive_buffer_bytes", 0, 0, buffer_bytes_max));
  return options;
}

}  // namespace tenon::transport_tcp
