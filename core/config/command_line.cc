#include "config/command_line.h"

#include <array>
#include <span>
#include <utility>

#include "config/build_paths.h"
#include "config/load.h"
#include "config/table/nearest.h"

namespace tenon::config {
namespace {

constexpr std::string_view help =
    "Usage: tenond [OPTION]...\n"
    "\n"
    "Runs the MQTT broker in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration again.\n"
    "\n"
    "  --conf-dir DIR    read the operator's configuration in DIR instead of " TENON_CONF_DIR
    ";\n"
    "                    may be given several times, a later one wins\n"
    "  --vendor-dir DIR  read the vendor's defaults in DIR instead of " TENON_VENDOR_CONF_DIR
    ";\n"
    "                    '' reads none\n"
    "  --set KEY=VALUE   set one key, over all files and variables; VALUE is JSON or a plain string;\n"
    "                    may be given several times\n"
    "  --check           read and check the configuration, say what is wrong with it, and exit\n"
    "  --print-config    print each value with its origin, secrets masked, and exit\n"
    "  --json            print as JSON\n"
    "  --version         print the version and exit\n"
    "  --help            print this and exit\n"
    "\n"
    "Environment: TENON_NODE__WORKERS=4 sets node.workers; two underscores stand for each dot.\n"
    "Exit codes: 0 well, 1 failed, 64 wrong arguments, 78 wrong configuration.\n";

const std::array<std::string, 8> options = {"--conf-dir",     "--vendor-dir", "--set",     "--check",
                                            "--print-config", "--json",       "--version", "--help"};

using Action = CommandLine::Action;

// One run over the arguments.
class Parser {
 public:
  explicit Parser(std::span<const char* const> arguments) : arguments_(arguments) {
    line_.vendor_dir = built_vendor_conf_dir;
  }

  Result<CommandLine> parse() {
    while (at_ < arguments_.size()) {
      Status status = take_argument(arguments_[at_++]);
      if (!status.ok()) return status.error();
    }
    if (line_.json && line_.action != Action::print_config && !ends_early())
      return Error{Errc::invalid, "--json goes with --print-config"};
    return std::move(line_);
  }

 private:
  bool ends_early() const { return line_.action == Action::help || line_.action == Action::version; }

  Status take_argument(std::string_view argument) {
    const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string_view name = argument.substr(0, equals);
    if (name == "--conf-dir" || name == "--vendor-dir" || name == "--set") {
      Result<std::string> value = take_value(argument, equals);
      if (!value.ok()) return value.error();
      return store(name, *std::move(value));
    }
    if (equals != std::string_view::npos && is_known(name))
      return Error{Errc::invalid, std::string(name) + " takes no value"};
    return take_flag(argument);
  }

  // The value of an option: behind its `=`, or the next argument.
  Result<std::string> take_value(std::string_view argument, std::size_t equals) {
    if (equals != std::string_view::npos) return std::string(argument.substr(equals + 1));
    if (at_ < arguments_.size()) return std::string(arguments_[at_++]);
    return Error{Errc::invalid, std::string(argument) + " needs a value"};
  }

  Status store(std::string_view name, std::string value) {
    if (name == "--vendor-dir") {
      line_.vendor_dir = std::move(value);
      return {};
    }
    if (value.empty()) return Error{Errc::invalid, std::string(name) + " needs a value that is not empty"};
    (name == "--set" ? line_.sets : line_.conf_dirs).push_back(std::move(value));
    return {};
  }

  Status take_flag(std::string_view name) {
    if (name == "--json") {
      line_.json = true;
      return {};
    }
    if (name == "--help" || name == "-h") return set_action(Action::help);
    if (name == "--version") return set_action(Action::version);
    if (name == "--check") return set_action(Action::check);
    if (name == "--print-config") return set_action(Action::print_config);
    std::string text = "unknown argument " + std::string(name);
    if (const auto near = nearest(name, options)) text += "; did you mean " + *near + "?";
    return Error{Errc::invalid, text + " See tenond --help"};
  }

  // --help wins over --version, and that over the others, of which there may be one.
  Status set_action(Action action) {
    const auto is = [&](Action what) { return line_.action == what; };
    if (is(Action::help) || (is(Action::version) && action != Action::help)) return {};
    const bool wins = action == Action::help || action == Action::version;
    if (!wins && !is(Action::run) && !is(action))
      return Error{Errc::invalid,
                   "--check and --print-config exclude each other; --print-config checks, too"};
    line_.action = action;
    return {};
  }

  static bool is_known(std::string_view name) {
    for (const std::string& option : options)
      if (option == name) return true;
    return false;
  }

  std::span<const char* const> arguments_;
  std::size_t at_ = 0;
  CommandLine line_;
};

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  const std::size_t count = argc > 0 ? static_cast<std::size_t>(argc) - 1 : 0;
  return Parser({argv + (argc > 0 ? 1 : 0), count}).parse();
}

std::string_view help_text() {
  return help;
}

LoadOptions load_options(const CommandLine& line) {
  LoadOptions load;
  load.vendor_dir = line.vendor_dir;
  load.conf_dirs = line.conf_dirs;
  if (load.conf_dirs.empty()) {
    load.conf_dirs.emplace_back(built_conf_dir);
    load.operator_dir_may_be_missing = true;
  }
  load.environment = process_environment();
  load.sets = line.sets;
  return load;
}

}  // namespace tenon::config
