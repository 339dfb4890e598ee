#include "bin/ctl/commands/request.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view global_values[] = {"--endpoint", "--token-file"};

// One argument after the other, with "--name value" and "--name=value" as the same.
struct Argument {
  std::string name;  // "--prefix"; empty: a word
  std::optional<std::string> value;
};

Argument take(std::span<const char* const> args, std::size_t& next) {
  const std::string_view arg = args[next++];
  if (!arg.starts_with("--")) return {{}, std::string(arg)};
  const std::size_t equals = arg.find('=');
  if (equals == std::string_view::npos) return {std::string(arg), std::nullopt};
  return {std::string(arg.substr(0, equals)), std::string(arg.substr(equals + 1))};
}

bool is_global_value(std::string_view name) {
  return std::find(std::begin(global_values), std::end(global_values), name) != std::end(global_values);
}

// The first two words.
std::vector<std::string> words_of(std::span<const char* const> args) {
  std::vector<std::string> words;
  for (std::size_t next = 0; next < args.size() && words.size() < 2;) {
    const Argument argument = take(args, next);
    if (argument.name.empty())
      words.push_back(*argument.value);
    else if (is_global_value(argument.name) && !argument.value && next < args.size())
      ++next;
  }
  return words;
}

std::string_view first_word(std::string_view words) {
  return words.substr(0, words.find(' '));
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Builds the request value by value.
class RequestReader {
 public:
  explicit RequestReader(std::span<const char* const> args) : args_(args) {}

  Result<ApiRequest> read() {
    if (const Status found = find_command(); !found) return found.error();
    std::size_t word_count =
        static_cast<std::size_t>(std::count(command().words.begin(), command().words.end(), ' ')) + 1;
    path_ = command().path;
    for (std::size_t next = 0; next < args_.size();) {
      Argument argument = take(args_, next);
      Status taken;
      if (!argument.name.empty())
        taken = take_option(argument, next);
      else if (word_count > 0)
        --word_count;
      else
        taken = take_word(*argument.value);
      if (!taken) return taken.error();
    }
    return finish();
  }

 private:
  const ApiCommand& command() const { return *request_.command; }

  Status find_command() {
    const std::vector<std::string> words = words_of(args_);
    const std::string both = words.size() < 2 ? words[0] : words[0] + " " + words[1];
    std::string known;
    for (const ApiCommand& candidate : api_commands()) {
      if (candidate.words == both || candidate.words == words[0]) request_.command = &candidate;
      if (first_word(candidate.words) == words[0])
        known += (known.empty() ? "" : ", ") + std::string(candidate.words);
    }
    if (!request_.command) return usage("there is no command \"" + both + "\", but there are: " + known);
    return {};
  }

  Status take_option(Argument& argument, std::size_t& next) {
    const bool is_all = argument.name == "--all" && !command().list.empty();
    if (argument.name == "--json" || is_all) {
      if (argument.value) return usage(argument.name + " takes no value");
      if (is_all)
        request_.all = true;
      else
        request_.common.output = OutputForm::json;
      return {};
    }
    const auto* option = find_option(argument.name);
    if (!option && !is_global_value(argument.name))
      return usage("there is no option " + argument.name + " of " + std::string(command().words));
    if (option && option->kind == Kind::flag) {
      if (argument.value) return usage(argument.name + " takes no value");
      return put(*option, "true");
    }
    if (!argument.value && next < args_.size()) argument.value = args_[next++];
    if (!argument.value) return usage(argument.name + " needs a value");
    if (option) return put(*option, *argument.value);
    return put_global(argument.name, *argument.value);
  }

  Status put_global(const std::string& name, const std::string& text) {
    std::string& value = name == "--endpoint" ? request_.common.endpoint : request_.common.token_file;
    if (text.empty()) return usage(name + " needs a value");
    if (!value.empty()) return usage(name + " is given twice");
    value = text;
    return {};
  }

  const CommandValue* find_option(std::string_view name) const {
    const auto options = command().options;
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const auto& option) { return option.name == name; });
    return found == options.end() ? nullptr : &*found;
  }

  Status take_word(const std::string& word) {
    if (word_count_ == command().word.size()) return usage("unexpected word \"" + word + "\"");
    return put(command().word[word_count_++], word);
  }

  Status put(const CommandValue& value, const std::string& text) {
    const bool is_again = std::find(given_.begin(), given_.end(), value.name) != given_.end();
    if (is_again && value.kind <= Kind::flag) return usage(std::string(value.name) + " is given twice");
    given_.push_back(value.name);
    if (value.place == Place::body) return put_in_body(value, text);
    if (value.place == Place::path) {
      if (text.empty()) return usage(std::string(value.name) + " is empty");
      path_.replace(path_.find("{}"), 2, escaped(text));
    } else {
      query_ += (query_.empty() ? "?" : "&") + std::string(value.member) + "=" + escaped(text);
    }
    return {};
  }

  Status put_in_body(const CommandValue& value, const std::string& text) {
    Json& member = body_[std::string(value.member)];
    if (value.kind == Kind::number) {
      const auto number = number_of(text);
      if (!number) return usage(std::string(value.name) + " needs a number");
      member = *number;
    } else if (value.kind == Kind::weight) {
      const std::size_t equals = text.find('=');
      const auto number = equals == std::string::npos ? std::nullopt : number_of(text.substr(equals + 1));
      if (!number) return usage(std::string(value.name) + " needs NAME=NUMBER");
      if (member.contains(text.substr(0, equals)))
        return usage(std::string(value.name) + " " + text.substr(0, equals) + " is given twice");
      member[text.substr(0, equals)] = *number;
    } else if (value.kind == Kind::member) {
      member.push_back(text);
    } else if (value.kind == Kind::flag) {
      member = true;
    } else if (value.kind == Kind::pair) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos) return usage(std::string(value.name) + " needs NAME=VALUE");
      member.push_back(Json::array({text.substr(0, equals), text.substr(equals + 1)}));
    } else {
      member = text;
    }
    return {};
  }

  Result<ApiRequest> finish() {
    if (word_count_ < command().word.size() && command().word[word_count_].required)
      return usage(std::string(command().words) + " needs " + std::string(command().word[word_count_].name));
    for (const CommandValue& option : command().options)
      if (option.required && std::find(given_.begin(), given_.end(), option.name) == given_.end())
        return usage(std::string(command().words) + " needs " + std::string(option.name));
    request_.path = path_ + query_;
    const bool has_body = command().method == "POST" || command().method == "PUT";
    if (has_body) request_.body = body_.dump(-1, ' ', false, Json::error_handler_t::replace);
    return std::move(request_);
  }

  const std::span<const char* const> args_;
  ApiRequest request_;
  std::string path_;
  std::string query_;
  Json body_ = Json::object();
  std::vector<std::string_view> given_;
  std::size_t word_count_ = 0;
};

}  // namespace

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0xF];
    }
  }
  return out;
}

bool is_api_command(std::span<const char* const> args) {
  const std::vector<std::string> words = words_of(args);
  const auto wants = [&](std::string_view name) {
    return std::any_of(args.begin(), args.end(), [&](const char* arg) { return arg == name; });
  };
  if (words.empty() || wants("--help") || wants("-h") || wants("--version")) return false;
  const auto commands = api_commands();
  return std::any_of(commands.begin(), commands.end(),
                     [&](const ApiCommand& command) { return first_word(command.words) == words[0]; });
}

Result<ApiRequest> read_api_request(std::span<const char* const> args) {
  return RequestReader(args).read();
}

}  // namespace tenon::ctl
