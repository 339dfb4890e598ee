#include "bin/ctl/arguments.h"

namespace tenon::ctl {

namespace {

Error usage(std::string text) {
  return {Errc::invalid, std::move(text) + "; see tenonctl --help"};
}

// Reads options from left to right.
class Reader {
 public:
  explicit Reader(std::span<const char* const> args) : args_(args) {}

  Result<Arguments> read() {
    while (next_ < args_.size())
      if (const Status step = read_one(args_[next_++]); !step) return step.error();
    if (!has_command_) return usage("a command is missing");
    return arguments_;
  }

 private:
  Status read_one(std::string_view arg) {
    if (arg == "--help" || arg == "-h") return set_command(Command::help);
    if (arg == "--version") return set_command(Command::version);
    if (arg == "--json") {
      arguments_.output = OutputForm::json;
      return {};
    }
    if (is_option(arg, "--endpoint")) return read_value(arg, "--endpoint", arguments_.endpoint);
    if (is_option(arg, "--token-file")) return read_value(arg, "--token-file", arguments_.token_file);
    if (arg.starts_with('-')) return usage("there is no option " + std::string(arg));
    return read_command(arg);
  }

  // "--name value" and "--name=value" are the same.
  static bool is_option(std::string_view arg, std::string_view name) {
    return arg.starts_with(name) && (arg.size() == name.size() || arg[name.size()] == '=');
  }

  Status read_value(std::string_view arg, std::string_view name, std::string& value) {
    if (!value.empty()) return usage(std::string(name) + " is given twice");
    if (arg.size() > name.size())
      value = arg.substr(name.size() + 1);
    else if (next_ < args_.size())
      value = args_[next_++];
    if (value.empty()) return usage(std::string(name) + " needs a value");
    return {};
  }

  Status read_command(std::string_view arg) {
    if (has_command_ && arguments_.command == Command::status)
      return usage("unexpected word \"" + std::string(arg) + "\"");
    if (arg != "status") return usage("there is no command \"" + std::string(arg) + "\"");
    return set_command(Command::status);
  }

  // --help and --version win over a command.
  Status set_command(Command command) {
    if (!has_command_ || command != Command::status) arguments_.command = command;
    has_command_ = true;
    return {};
  }

  const std::span<const char* const> args_;
  std::size_t next_ = 0;
  Arguments arguments_;
  bool has_command_ = false;
};

}  // namespace

Result<Arguments> parse_arguments(std::span<const char* const> args) {
  return Reader(args).read();
}

std::string_view help_text() {
  return R"(tenonctl: ask a tenon broker

  tenonctl status [options]   what the broker is and does: listeners, plugins, counts, health

Options:
  --json              the broker's answer as JSON, for programs
  --endpoint WHERE    unix:/path/to/api.sock or http://127.0.0.1:9883
                      (default: TENON_ENDPOINT, or the unix socket in the data directory)
  --token-file FILE   the administrator's token, admin.token in the broker's data directory; not needed through the
                      unix socket by root and the broker's own user
                      (default for http on this machine: that of the default data directory, if readable)
  --help, --version

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 the broker can't be reached, 4 denied
)";
}

}  // namespace tenon::ctl
