#include "bin/ctl/run.h"

#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"
#include "bin/ctl/backup/backup_commands.h"
#include "bin/ctl/balance/balance_commands.h"
#include "bin/ctl/balance/offline_plan.h"
#include "bin/ctl/balance/rule_commands.h"
#include "bin/ctl/cluster_view.h"
#include "bin/ctl/commands/run_command.h"
#include "bin/ctl/import/import_command.h"
#include "bin/ctl/range_commands.h"
#include "bin/ctl/retain/retain_commands.h"
#include "bin/ctl/status_view.h"

namespace tenon::ctl {

namespace {

Result<std::string> status_of(const ApiClient& broker, OutputForm form) {
  Result<std::string> body = broker.get("/api/v1/status");
  if (!body) return body;
  Result<std::string> view = status_view(*body);
  return !view || form == OutputForm::table ? view : body;
}

Result<std::string> ask_broker(const Arguments& arguments, const Environment& environment) {
  const Result<ApiClient> broker = ApiClient::choose(arguments, environment);
  if (!broker) return broker.error();
  switch (arguments.command) {
    case Command::status:
      return status_of(*broker, arguments.output);
    case Command::cluster:
      return show_cluster(*broker, arguments.output);
    case Command::range_list:
      return list_ranges(*broker, arguments.output);
    case Command::range_transfer:
    case Command::range_split:
    case Command::range_merge:
    case Command::range_members:
    case Command::range_recover:
      return order_range(*broker, arguments);
    case Command::balance_status:
    case Command::balance_explain:
    case Command::balance_view:
      return show_balance(*broker, arguments);
    case Command::balance_rules:
      return show_rules(*broker, arguments.output);
    case Command::balance_set:
    case Command::balance_unset:
      return change_rule(*broker, arguments);
    default:
      return Error{Errc::internal, "this command is not known"};
  }
}

Result<std::string> output_of(const Arguments& arguments, const Environment& environment) {
  switch (arguments.command) {
    case Command::help:
      return std::string(help_text());
    case Command::version:
      return std::string("tenonctl " TENON_VERSION "\n");
    case Command::balance_plan:
      return plan_offline(arguments);
    case Command::passwd:
      return change_password_file(arguments, environment.password);
    default:
      return ask_broker(arguments, environment);
  }
}

Result<std::string> command_of(std::span<const char* const> args, const Environment& environment) {
  const Result<Arguments> arguments = parse_arguments(args);
  if (!arguments) return arguments.error();
  return output_of(*arguments, environment);
}

Result<std::string> request_of(std::span<const char* const> args, const Environment& environment) {
  const Result<ApiRequest> request = read_api_request(args);
  if (!request) return request.error();
  const Result<ApiClient> broker = ApiClient::choose(request->common, environment);
  if (!broker) return broker.error();
  return run_api_request(*broker, *request, environment.print);
}

}  // namespace

Outcome run(std::span<const char* const> args, const Environment& environment) {
  Result<std::string> output = is_backup_command(args)   ? run_backup_command(args, environment)
                               : is_import_command(args) ? run_import_command(args)
                               : is_retain_command(args) ? run_retain_command(args, environment)
                               : is_api_command(args)    ? request_of(args, environment)
                                                         : command_of(args, environment);
  if (!output) return {exit_code_of(output.error().code), {}, "tenonctl: " + output.error().message + "\n"};
  return {ExitCode::ok, std::move(*output), {}};
}

}  // namespace tenon::ctl
