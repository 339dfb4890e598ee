#include "bin/ctl/import/import_command.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bin/ctl/import/conf_files.h"
#include "bin/ctl/plain/plain_arguments.h"
#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

std::string_view word_of(Remark::Kind kind) {
  switch (kind) {
    case Remark::Kind::taken:
      return "taken";
    case Remark::Kind::nature:
      return "not needed";
    case Remark::Kind::lost:
      return "NO COUNTERPART";
  }
  return "";
}

// Passwords of bridges and the like stay where they are.
bool is_secret(std::string_view name) {
  return name.find("password") != std::string_view::npos && name != "password_file";
}

std::string place_of(const MosquittoOption& option) {
  return option.file.empty() ? std::string("all of it") : option.file + ":" + std::to_string(option.line);
}

std::string line_of(const Remark& remark) {
  std::string text = shown(place_of(remark.option)) + ": ";
  if (!remark.option.name.empty())
    text += shown(remark.option.name + (is_secret(remark.option.name) ? " ***" : " " + remark.option.value)) +
            ": ";
  return text + std::string(word_of(remark.kind)) + ": " + shown(remark.text) + "\n";
}

std::size_t count_of(const Conversion& conversion, Remark::Kind kind) {
  std::size_t count = 0;
  for (const Remark& remark : conversion.remarks) count += remark.kind == kind ? 1 : 0;
  return count;
}

std::string report_text(const Conversion& conversion, const std::map<std::string, std::string>& files,
                        const std::string& directory) {
  std::string out;
  for (const Remark& remark : conversion.remarks) out += line_of(remark);
  out += "\nwritten to " + shown(directory) + ":";
  for (const auto& [name, text] : files) out += " " + name;
  out += "\n" + std::to_string(count_of(conversion, Remark::Kind::taken)) + " taken, " +
         std::to_string(count_of(conversion, Remark::Kind::nature)) + " not needed, " +
         std::to_string(count_of(conversion, Remark::Kind::lost)) +
         " without a counterpart. Look at those, and then: tenond --check --conf-dir " + shown(directory) +
         "\n";
  return out;
}

std::string report_json(const Conversion& conversion, const std::map<std::string, std::string>& files) {
  Json json{{"files", Json::array()}, {"remarks", Json::array()}};
  for (const auto& [name, text] : files) json["files"].push_back(name);
  for (const Remark& remark : conversion.remarks) {
    Json entry{{"kind", remark.kind == Remark::Kind::taken    ? "taken"
                        : remark.kind == Remark::Kind::nature ? "not_needed"
                                                              : "no_counterpart"}};
    if (!remark.option.name.empty()) {
      entry["file"] = remark.option.file;
      entry["line"] = remark.option.line;
      entry["option"] = remark.option.name;
    }
    entry["text"] = remark.text;
    json["remarks"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The directory may hold other files, such as those that a package has put there.
Status make_directory(const std::string& directory, const std::map<std::string, std::string>& files) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Error{Errc::internal, "can't make " + directory + ": " + error.message()};
  for (const auto& [name, text] : files)
    if (std::filesystem::exists(std::filesystem::symlink_status(directory + "/" + name, error)))
      return Error{Errc::exists,
                   directory + " has " + name + " already, which the import would write: nothing is written"};
  return {};
}

Status write_files(const std::string& directory, const std::map<std::string, std::string>& files) {
  for (const auto& [name, text] : files) {
    std::ofstream file(directory + "/" + name, std::ios::binary);
    file << text << std::flush;
    if (!file) return Error{Errc::internal, "can't write " + directory + "/" + name};
  }
  return {};
}

}  // namespace

bool is_import_command(std::span<const char* const> args) {
  const auto words = first_words(args, 1);
  return !words.empty() && words[0] == "import";
}

Result<std::string> run_import_command(std::span<const char* const> args) {
  static constexpr std::string_view values[] = {"--to"};
  const auto arguments = read_plain(args, values, {});
  if (!arguments.ok()) return arguments.error();
  const std::string directory = arguments->value("--to");
  if (arguments->words.size() != 2) return usage("import needs one file: a mosquitto.conf");
  if (directory.empty()) return usage("--to is missing: the directory that the files are written to");
  const auto options = read_mosquitto_conf(arguments->words[1]);
  if (!options.ok()) return options.error();
  Conversion conversion = convert_mosquitto(*options);
  const auto files = conf_files(conversion);
  if (const Status made = make_directory(directory, files); !made.ok()) return made.error();
  if (const Status written = write_files(directory, files); !written.ok()) return written.error();
  return arguments->common.output == OutputForm::json ? report_json(conversion, files)
                                                      : report_text(conversion, files, directory);
}

std::string import_command_help() {
  return R"(  tenonctl import FILE --to DIR         makes files for conf.d of a mosquitto.conf, and tells what became of each line and what
                                        has no counterpart; asks no broker. Password and ACL files are read as they are
)";
}

}  // namespace tenon::ctl
