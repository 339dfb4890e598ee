#include "bin/ctl/arguments.h"

#include <algorithm>
#include <vector>

#include "bin/ctl/backup/backup_commands.h"
#include "bin/ctl/commands/command.h"
#include "bin/ctl/import/import_command.h"
#include "bin/ctl/retain/retain_commands.h"

namespace tenon::ctl {

namespace {

// Reads options from left to right.
class Reader {
 public:
  explicit Reader(std::span<const char* const> args) : args_(args) {}

  Result<Arguments> read() {
    while (next_ < args_.size())
      if (const Status step = read_one(args_[next_++]); !step) return step.error();
    if (Status whole = check(); !whole) return whole.error();
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
    if (is_option(arg, "--to")) return read_value(arg, "--to", arguments_.to);
    if (is_option(arg, "--key")) return read_value(arg, "--key", arguments_.key);
    if (arg == "--half" || arg == "--by-load") {
      (arg == "--half" ? arguments_.half : arguments_.by_load) = true;
      return {};
    }
    if (is_option(arg, "--with")) return read_value(arg, "--with", arguments_.with);
    if (is_option(arg, "--voters")) return read_value(arg, "--voters", arguments_.voters);
    if (is_option(arg, "--learners")) return read_value(arg, "--learners", arguments_.learners);
    if (is_option(arg, "--reason")) return read_value(arg, "--reason", arguments_.reason);
    if (is_option(arg, "--epoch")) return read_value(arg, "--epoch", arguments_.epoch);
    if (is_option(arg, "--view")) return read_value(arg, "--view", arguments_.view);
    if (is_option(arg, "--plugin")) return read_value(arg, "--plugin", arguments_.plugin);
    if (is_option(arg, "--store")) return read_value(arg, "--store", arguments_.store);
    if (is_option(arg, "--options")) return read_value(arg, "--options", arguments_.options);
    if (arg == "--enable" || arg == "--disable") {
      if (!arguments_.enable.empty()) return usage("one of --enable and --disable is enough");
      arguments_.enable = arg == "--enable" ? "true" : "false";
      return {};
    }
    if (is_option(arg, "--order")) return read_value(arg, "--order", arguments_.order);
    if (is_option(arg, "--if-version")) return read_value(arg, "--if-version", arguments_.if_version);
    if (is_option(arg, "--iterations")) return read_value(arg, "--iterations", arguments_.iterations);
    if (arg == "--confirm") {
      arguments_.confirm = true;
      return {};
    }
    if (arg == "--remove") {
      arguments_.remove = true;
      return {};
    }
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
    if (words_.size() == words_max) return usage("unexpected word \"" + std::string(arg) + "\"");
    words_.emplace_back(arg);
    return {};
  }

  // --help and --version win over a command.
  Status set_command(Command command) {
    arguments_.command = command;
    has_command_ = true;
    return {};
  }

  Status check() {
    if (has_command_) return {};
    if (words_.empty()) return usage("a command is missing");
    if (words_[0] == "status") return take(Command::status, 1);
    if (words_[0] == "cluster") return take(Command::cluster, 1);
    if (words_[0] == "range") return check_range();
    if (words_[0] == "balance") return check_balance();
    if (words_[0] == "passwd") return check_passwd();
    return usage("there is no command \"" + words_[0] + "\"");
  }

  Status check_balance() {
    if (words_.size() < 2) return usage("what is to be shown of balancers is missing");
    if (words_[1] == "status") return take(Command::balance_status, 2);
    if (words_[1] == "explain") return take(Command::balance_explain, 2);
    if (words_[1] == "view") return take(Command::balance_view, 2);
    if (words_[1] == "rules") return take(Command::balance_rules, 2);
    if (words_[1] == "set" || words_[1] == "unset") return check_rule(words_[1] == "set");
    if (words_[1] != "plan") return usage("there is no command \"balance " + words_[1] + "\"");
    if (arguments_.view.empty()) return usage("--view is missing: a file that balance view has written");
    if (arguments_.plugin.empty()) return usage("--plugin is missing: the balancer that is to plan");
    return take(Command::balance_plan, 2);
  }

  Status check_rule(bool is_set) {
    const std::size_t slash = words_.size() < 3 ? std::string::npos : words_[2].find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == words_[2].size())
      return usage("which balancer of which store is missing: STORE/BALANCER, as balance rules shows them");
    arguments_.balancer = words_[2];
    if (!is_number(arguments_.order) || !is_number(arguments_.if_version))
      return usage("--order and --if-version need a number");
    if (is_set && (arguments_.enable + arguments_.order + arguments_.options).empty())
      return usage("nothing is said: --enable, --disable, --order or --options");
    return take(is_set ? Command::balance_set : Command::balance_unset, 3);
  }

  Status check_range() {
    if (words_.size() < 2) return usage("what is to be done with a range is missing");
    if (words_[1] == "list") return take(Command::range_list, 2);
    const bool is_transfer = words_[1] == "transfer";
    const bool is_split = words_[1] == "split";
    const bool is_merge = words_[1] == "merge";
    const bool is_recover = words_[1] == "recover";
    if (!is_transfer && !is_split && !is_merge && !is_recover && words_[1] != "members")
      return usage("there is no command \"range " + words_[1] + "\"");
    if (words_.size() < 3 || !is_number(words_[2])) return usage("the number of a range is missing");
    arguments_.range = words_[2];
    if (is_transfer != !arguments_.to.empty())
      return usage(is_transfer ? "--to is missing: the node that is to lead" : "--to belongs to a transfer");
    const int place_count =
        (arguments_.half ? 1 : 0) + (arguments_.by_load ? 1 : 0) + (arguments_.key.empty() ? 0 : 1);
    if (!is_split && place_count > 0) return usage("--key, --half and --by-load belong to a split");
    if (is_split && place_count != 1) return usage("one of --key, --half and --by-load says where to split");
    if (!is_number(arguments_.with)) return usage("--with needs the number of a range");
    if (is_split) return take(Command::range_split, 3);
    if (is_merge) return take(Command::range_merge, 3);
    if (is_transfer) return take(Command::range_transfer, 3);
    if (is_recover && !arguments_.confirm)
      return usage(
          "--confirm is missing: what only the lost members of the range have is lost with this, for good");
    if (is_recover) return take(Command::range_recover, 3);
    if (arguments_.voters.empty()) return usage("--voters is missing: the nodes that are to vote");
    return take(Command::range_members, 3);
  }

  Status check_passwd() {
    if (words_.size() < 3) return usage("passwd needs a file and a user");
    arguments_.file = words_[1];
    arguments_.user = words_[2];
    if (words_.size() > 3)
      return usage("the password is not given on the command line, where others can see it");
    return take(Command::passwd, 3);
  }

  Status take(Command command, std::size_t word_count) {
    if (words_.size() > word_count) return usage("unexpected word \"" + words_[word_count] + "\"");
    const bool is_order = command == Command::range_transfer || command == Command::range_split ||
                          command == Command::range_merge || command == Command::range_members ||
                          command == Command::range_recover;
    if (command != Command::range_recover && arguments_.confirm)
      return usage("--confirm belongs to range recover");
    if (command != Command::range_merge && !arguments_.with.empty())
      return usage("--with belongs to range merge");
    const bool is_rule = command == Command::balance_set || command == Command::balance_unset;
    const std::string of_orders = arguments_.to + arguments_.key + arguments_.epoch;
    if (!is_order && (arguments_.half || arguments_.by_load || !of_orders.empty()))
      return usage("--to, --key, --half, --by-load and --epoch belong to orders");
    if (!is_order && !is_rule && !arguments_.reason.empty())
      return usage("--reason belongs to orders and rules");
    if (!is_rule && !arguments_.if_version.empty())
      return usage("--if-version belongs to balance set and balance unset");
    if (command != Command::balance_set && !(arguments_.enable + arguments_.order).empty())
      return usage("--enable, --disable and --order belong to balance set");
    if (command != Command::range_members && !(arguments_.voters + arguments_.learners).empty())
      return usage("--voters and --learners belong to range members");
    if (command != Command::balance_plan && command != Command::balance_set && !arguments_.options.empty())
      return usage("--options belongs to balance plan and balance set");
    if (command != Command::balance_plan && !(arguments_.view + arguments_.plugin + arguments_.store).empty())
      return usage("--view, --plugin and --store belong to balance plan");
    if (command != Command::passwd && (arguments_.remove || !arguments_.iterations.empty()))
      return usage("--remove and --iterations belong to passwd");
    arguments_.command = command;
    return {};
  }

  static bool is_number(std::string_view word) {
    return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  }

  static constexpr std::size_t words_max = 4;

  const std::span<const char* const> args_;
  std::size_t next_ = 0;
  Arguments arguments_;
  bool has_command_ = false;  // --help or --version
  std::vector<std::string> words_;
};

constexpr std::string_view commands_help = R"(tenonctl: ask a tenon broker

  tenonctl status                       what the broker is and does: listeners, plugins, counts, health
  tenonctl cluster                      its nodes and stores as this node sees them: links, loads, leaders, voters that are
                                        away, and whatever is not as it should be
  tenonctl range list                   where durable state is: ranges, their keys, leaders and members
  tenonctl range transfer ID --to NODE  has another voter lead the range
  tenonctl range split ID WHERE         cuts a range in two: --half of what it holds, --by-load where half of what it
                                        had to do is below, or --key KEY, as the list shows keys
  tenonctl range merge ID [--with NEXT] makes its right neighbour, which has the same members, part of the range
  tenonctl range members ID --voters NODE,NODE [--learners NODE,NODE]
                                        has the range consist of these nodes; new ones get its state first
  tenonctl range recover ID --confirm   unsafe: has a range that has lost its majority for good go on with what is left;
                                        what only the lost nodes have is lost, and does not count when they return;
                                        one that was recovered on nothing but silence stays then
  tenonctl balance status               the balancers of all stores: what they plan, and what came of it
  tenonctl balance explain              the same with their last decisions, and why
  tenonctl balance view                 what was planned over last, for balance plan; at the node that plans
  tenonctl balance plan --view FILE --plugin NAME [--store STORE] [--options JSON]
                                        what a balancer would do in this view; asks no broker, and does nothing. NAME is
                                        a shipped one, or the path of a file; the store is inbox unless it is given
  tenonctl balance rules                what holds for each balancer, by conf.d and by rules of the whole cluster, which win;
                                        and where each value is said
  tenonctl balance set STORE/BALANCER [--enable|--disable] [--order N] [--options JSON]
                                        sets a rule, on all nodes and for good; what is not said stays as the rule has it,
                                        and null takes an option out of it. The plugin is asked before
  tenonctl balance unset STORE/BALANCER removes the rule; conf.d holds again
  tenonctl passwd FILE USER [--iterations N]
                                        sets a user's password in a password file of auth/file, as keys of SCRAM-SHA-256,
                                        which serve logins with the plain password, too. The password is asked for, or
                                        is one line of standard input. No broker is asked.
  tenonctl passwd FILE USER --remove    removes the user

)";

constexpr std::string_view options_help = R"(
Options:
  --json              the broker's answer as JSON, for programs
  --endpoint WHERE    unix:/path/to/api.sock or http://127.0.0.1:9883
                      (default: TENON_ENDPOINT, or the unix socket in the data directory)
  --token-file FILE   the administrator's token, admin.token in the broker's data directory; not needed through the
                      unix socket by root and the broker's own user
                      (default for http on this machine: that of the default data directory, if readable)
  --reason TEXT       why an order is given or a rule is changed, for the broker's log
  --epoch N.M         the order is for a range with this epoch only (default: the one that the broker knows of)
  --if-version N      what is changed must have this version, 0 for none; else nothing is changed
  --iterations N      of the hash; more make guessing and each login slower (default: 32768)
  --help, --version

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 the broker can't be reached, 4 denied
)";

}  // namespace

Error usage(std::string text) {
  return {Errc::invalid, std::move(text) + "; see tenonctl --help"};
}

Result<Arguments> parse_arguments(std::span<const char* const> args) {
  return Reader(args).read();
}

std::string_view help_text() {
  static const std::string text = std::string(commands_help) + api_commands_help() + retain_commands_help() +
                                  backup_commands_help() + import_command_help() + std::string(options_help);
  return text;
}

}  // namespace tenon::ctl
