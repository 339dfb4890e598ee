#include "bin/ctl/backup/backup_commands.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "bin/ctl/api_client.h"
#include "bin/ctl/backup/backup_create.h"
#include "bin/ctl/backup/backup_restore.h"
#include "bin/ctl/backup/backup_walk.h"
#include "bin/ctl/plain/plain_arguments.h"
#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t default_rate_mib = 50;

std::string summary_json(const BackupSummary& summary) {
  Json json{{"id", id_text(summary.header.id)},
            {"made_unix_ms", summary.header.made_ms},
            {"made_by", summary.header.made_by},
            {"bytes", summary.bytes},
            {"ranges", Json::array()}};
  for (const PartSummary& part : summary.parts)
    json["ranges"].push_back({{"store", kv::to_string(part.store)},
                              {"range", std::to_string(part.record.id.number)},
                              {"applied", part.record.applied.index},
                              {"term", part.record.applied.term},
                              {"unix_ms", part.record.last_stamp_ms},
                              {"rows", part.rows},
                              {"row_bytes", part.bytes}});
  return json.dump(2) + "\n";
}

std::string summary_text(const BackupSummary& summary, const std::string& file) {
  Table table({"STORE", "RANGE", "APPLIED", "ROWS", "BYTES"});
  for (const PartSummary& part : summary.parts)
    table.add({std::string(kv::to_string(part.store)), std::to_string(part.record.id.number),
               std::to_string(part.record.applied.index), std::to_string(part.rows),
               std::to_string(part.bytes)});
  return shown(file) + " is whole: backup " + id_text(summary.header.id) + ", " +
         std::to_string(summary.bytes) + " bytes, made by tenonctl " + shown(summary.header.made_by) + "\n" +
         table.to_text();
}

std::string shown_summary(const BackupSummary& summary, const std::string& file, OutputForm form) {
  return form == OutputForm::json ? summary_json(summary) : summary_text(summary, file);
}

Result<std::string> create(const PlainArguments& arguments, const Environment& environment) {
  const std::string file = arguments.value("--to");
  if (file.empty()) return usage("--to is missing: the file that the backup is written to");
  std::uint32_t rate_mib = default_rate_mib;
  if (const std::string text = arguments.value("--rate"); !text.empty()) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), rate_mib);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || rate_mib == 0 ||
        rate_mib > 100'000)
      return usage("--rate needs a number of MiB for each second, from 1 to 100000");
  }
  const Result<ApiClient> broker = ApiClient::choose(arguments.common, environment);
  if (!broker.ok()) return broker.error();
  const Status made = create_backup(*broker, file, std::uint64_t{rate_mib} << 20, environment.progress);
  if (!made.ok()) return made.error();
  const auto summary = walk_backup(file);
  if (!summary.ok()) return summary.error();
  return shown_summary(*summary, file, arguments.common.output);
}

Result<std::string> verify(const std::string& file, const PlainArguments& arguments) {
  const auto summary = walk_backup(file);
  // That the file is wrong is no mistake in the command line.
  if (!summary.ok()) return Error{Errc::corrupt, summary.error().message};
  return shown_summary(*summary, file, arguments.common.output);
}

Result<std::string> restore(const std::string& file, const PlainArguments& arguments,
                            const Environment& environment) {
  if (!arguments.has("--confirm"))
    return usage("--confirm is missing: the sessions of the backup become those of this cluster");
  const Result<ApiClient> broker = ApiClient::choose(arguments.common, environment);
  if (!broker.ok()) return broker.error();
  const auto restored = restore_backup(*broker, file, arguments.has("--into-nonempty"), environment.progress);
  if (!restored.ok()) return restored.error();
  if (arguments.common.output == OutputForm::json)
    return Json{{"id", id_text(restored->id)}, {"rows_written", restored->written},
                {"rows_kept", restored->kept}, {"sessions", restored->sessions},
                {"routes", restored->routes},  {"repeated", restored->is_repeated}}
               .dump(2) +
           "\n";
  return "restored: " + std::to_string(restored->sessions) + " sessions with " +
         std::to_string(restored->routes) + " subscriptions; " + std::to_string(restored->written) +
         " rows written, " + std::to_string(restored->kept) + " left out as something was there\n";
}

}  // namespace

bool is_backup_command(std::span<const char* const> args) {
  const auto words = first_words(args, 1);
  return !words.empty() && words[0] == "backup";
}

Result<std::string> run_backup_command(std::span<const char* const> args, const Environment& environment) {
  static constexpr std::string_view values[] = {"--to", "--rate"};
  static constexpr std::string_view flags[] = {"--confirm", "--into-nonempty"};
  const auto arguments = read_plain(args, values, flags);
  if (!arguments.ok()) return arguments.error();
  const auto& words = arguments->words;
  const std::string what = words.size() < 2 ? "" : words[1];
  const bool is_create = what == "create";
  if (!is_create && what != "verify" && what != "restore")
    return usage("there is no command \"backup " + what + "\", but there are: create, verify, restore");
  if (!is_create && !arguments->values.empty()) return usage("--to and --rate belong to backup create");
  if (what != "restore" && !arguments->flags.empty())
    return usage("--confirm and --into-nonempty belong to backup restore");
  if (words.size() != (is_create ? 2u : 3u))
    return usage(is_create ? "backup create takes no further word" : "backup " + what + " needs a file");
  if (is_create) return create(*arguments, environment);
  return what == "verify" ? verify(words[2], *arguments) : restore(words[2], *arguments, environment);
}

std::string backup_commands_help() {
  return R"(  tenonctl backup create --to FILE [--rate MIB]
                                        sessions with their queues, retained messages and settings of the whole cluster,
                                        while it works; each range as of one moment; at most 50 MiB/s unless --rate says so
  tenonctl backup verify FILE           whether a backup is whole and sound; asks no broker
  tenonctl backup restore FILE --confirm [--into-nonempty]
                                        brings it into a cluster of any size, which has to be empty: with --into-nonempty,
                                        what is there stays as it is, and the rest is added. May be repeated
)";
}

}  // namespace tenon::ctl
