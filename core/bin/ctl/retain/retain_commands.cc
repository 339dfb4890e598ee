#include "bin/ctl/retain/retain_commands.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "bin/ctl/api_client.h"
#include "bin/ctl/commands/request.h"
#include "bin/ctl/plain/new_file.h"
#include "bin/ctl/plain/plain_arguments.h"
#include "bin/ctl/retain/patient_client.h"
#include "bin/ctl/retain/retain_line.h"
#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t lines_between_words = 1000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string list_path(const PlainArguments& arguments) {
  std::string path = "/api/v1/retained?payloads=true";
  for (const char* name : {"tenant", "filter"})
    if (const std::string value = arguments.value("--" + std::string(name)); !value.empty())
      path += "&" + std::string(name) + "=" + escaped(value);
  return path;
}

// Hands the lines of all pages to `take`. How many there were.
Result<std::uint64_t> walk_retained(PatientClient broker, const std::string& path,
                                    const std::function<Status(const std::string& line)>& take) {
  std::uint64_t count = 0;
  std::string cursor;
  do {
    const Result<std::string> page =
        broker.ask("GET", cursor.empty() ? path : path + "&cursor=" + cursor, {});
    if (!page.ok()) return page.error();
    const auto lines = lines_of_page(*page, &cursor);
    if (!lines.ok()) return lines.error();
    for (const std::string& line : *lines)
      if (const Status taken = take(line); !taken.ok()) return taken.error();
    count += lines->size();
  } while (!cursor.empty());
  return count;
}

Result<std::string> export_to_output(const ApiClient& broker, const std::string& path,
                                     const Environment& environment) {
  std::string out;
  const auto count = walk_retained({broker, environment}, path, [&](const std::string& line) -> Status {
    environment.print ? environment.print(line) : void(out += line);
    return {};
  });
  if (!count.ok()) return count.error();
  return out;
}

Result<std::string> export_retained(const PlainArguments& arguments, const Environment& environment) {
  const Result<ApiClient> broker = ApiClient::choose(arguments.common, environment);
  if (!broker.ok()) return broker.error();
  const std::string name = arguments.value("--to");
  const std::string path = list_path(arguments);
  if (name.empty()) return export_to_output(*broker, path, environment);
  auto file = NewFile::create(name);
  if (!file.ok()) return file.error();
  const auto count =
      walk_retained({*broker, environment}, path, [&](const std::string& line) { return file->write(line); });
  if (!count.ok()) return count.error();
  if (const Status finished = file->finish(); !finished.ok()) return finished.error();
  if (arguments.common.output == OutputForm::json) return Json{{"messages", *count}}.dump(2) + "\n";
  return "exported: " + std::to_string(*count) + " messages to " + shown(name) + "\n";
}

struct Imported {
  std::uint64_t published = 0;
  std::uint64_t expired = 0;
};

// One file, line by line: first all of it is looked at, then it is published.
class Importing {
 public:
  Importing(std::string file, const Environment& environment)
      : file_(std::move(file)), environment_(environment) {}

  Status check() {
    return walk([](const std::string&) { return Status(); });
  }
  Result<Imported> run(const ApiClient& client) {
    done_ = {};
    PatientClient broker(client, environment_);
    const Status walked = walk([&](const std::string& body) { return publish(broker, body); });
    if (walked.ok()) return done_;
    return Error{walked.error().code == Errc::invalid ? Errc::internal : walked.error().code,
                 walked.error().message + " (" + std::to_string(done_.published) +
                     " messages before it are retained; the import may be repeated)"};
  }

 private:
  // Calls take(body) for each line that has not expired.
  Status walk(const std::function<Status(const std::string& body)>& take) {
    std::ifstream in(file_, std::ios::binary);
    if (!in) return Error{Errc::internal, "can't read " + file_};
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
      if (line.empty()) continue;
      const auto body = message_of_line(line, now_ms());
      if (!body.ok()) return at(number, body.error());
      if (!*body)
        ++done_.expired;
      else if (const Status taken = take(**body); !taken.ok())
        return at(number, taken.error());
    }
    if (in.bad()) return Error{Errc::internal, "can't read " + file_};
    return {};
  }

  // What is published twice is retained once.
  Status publish(PatientClient& broker, const std::string& body) {
    const auto answer = broker.ask("POST", "/api/v1/publish", body);
    if (!answer.ok()) return answer.error();
    if (++done_.published % lines_between_words == 0 && environment_.progress)
      environment_.progress(std::to_string(done_.published) + " messages so far");
    return {};
  }

  Error at(std::uint64_t number, const Error& error) const {
    return {error.code, shown(file_) + ", line " + std::to_string(number) + ": " + error.message};
  }

  const std::string file_;
  const Environment& environment_;
  Imported done_;
};

Result<std::string> import_retained(const PlainArguments& arguments, const Environment& environment) {
  Importing importing(arguments.words[2], environment);
  if (const Status sound = importing.check(); !sound.ok())
    // That the file is wrong is no mistake in the command line.
    return Error{Errc::corrupt, sound.error().message + " (nothing was published)"};
  const Result<ApiClient> broker = ApiClient::choose(arguments.common, environment);
  if (!broker.ok()) return broker.error();
  const auto done = importing.run(*broker);
  if (!done.ok()) return done.error();
  if (arguments.common.output == OutputForm::json)
    return Json{{"published", done->published}, {"expired", done->expired}}.dump(2) + "\n";
  return "imported: " + std::to_string(done->published) + " messages; " + std::to_string(done->expired) +
         " had expired\n";
}

}  // namespace

bool is_retain_command(std::span<const char* const> args) {
  const auto words = first_words(args, 2);
  return words.size() == 2 && words[0] == "retain" && (words[1] == "export" || words[1] == "import");
}

Result<std::string> run_retain_command(std::span<const char* const> args, const Environment& environment) {
  static constexpr std::string_view values[] = {"--to", "--tenant", "--filter"};
  const auto arguments = read_plain(args, values, {});
  if (!arguments.ok()) return arguments.error();
  if (arguments->words[1] == "export") {
    if (arguments->words.size() != 2) return usage("retain export takes no further word");
    return export_retained(*arguments, environment);
  }
  if (arguments->words.size() != 3) return usage("retain import needs a file");
  if (!arguments->values.empty()) return usage("--to, --tenant and --filter belong to retain export");
  return import_retained(*arguments, environment);
}

std::string retain_commands_help() {
  return R"(  tenonctl retain export [--tenant TEXT] [--filter TEXT] [--to FILE]
                                        retained messages with payloads and properties, one JSON object a line; to
                                        standard output unless a file is named, which appears when it is whole
  tenonctl retain import FILE           publishes what was exported, as retained messages, after a look at all of the file
)";
}

}  // namespace tenon::ctl
