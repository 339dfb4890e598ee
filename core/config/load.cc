#include "config/load.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "config/checks/check.h"
#include "config/checks/cross_check.h"
#include "config/json/json_reader.h"
#include "config/sources/conf_files.h"
#include "config/sources/merge.h"
#include "config/sources/overrides.h"

namespace tenon::config {
namespace {

void append(std::vector<SourceText>& files, std::vector<SourceText> more) {
  std::ranges::move(more, std::back_inserter(files));
}

// Sources in the order in which they win, merged as they are added.
class Layers {
 public:
  void add_file(const SourceText& file) {
    sources_.push_back(file.name);
    add(read_json(file.text, std::make_shared<const std::string>(file.name), JsonLimits{}, errors_));
  }

  void add_environment(std::vector<std::pair<std::string, std::string>> environment) {
    std::ranges::sort(environment);
    for (const auto& variable : environment) add(read_variable(variable, errors_));
  }

  void add_sets(const std::vector<std::string>& sets) {
    for (const std::string& assignment : sets) add(read_set(assignment, errors_));
  }

  LoadResult finish(std::vector<ConfigError> errors) && {
    std::ranges::move(errors_, std::back_inserter(errors));
    Config config(std::make_shared<const Value>(std::move(tree_)), std::move(sources_));
    cross_check(config, errors);
    if (!errors.empty()) return {std::nullopt, std::move(errors)};
    return {std::move(config), {}};
  }

 private:
  void add(std::optional<Value> source) {
    if (!source) return;
    check_source(*source, errors_);
    merge_source(tree_, *std::move(source));
  }

  Value tree_ = Value::make_map({});
  std::vector<std::string> sources_;
  std::vector<ConfigError> errors_;
};

LoadResult load_layers(const std::vector<SourceText>& files, const LoadOptions& options,
                       std::vector<ConfigError> errors) {
  Layers layers;
  for (const SourceText& file : files) layers.add_file(file);
  layers.add_environment(options.environment);
  layers.add_sets(options.sets);
  return std::move(layers).finish(std::move(errors));
}

}  // namespace

LoadResult load(const LoadOptions& options) {
  std::vector<ConfigError> errors;
  std::vector<SourceText> files;
  if (!options.vendor_dir.empty())
    append(files, read_conf_dir(options.vendor_dir, MissingDirectory::empty, errors));
  const auto missing =
      options.operator_dir_may_be_missing ? MissingDirectory::empty : MissingDirectory::error;
  for (const std::string& dir : options.conf_dirs) append(files, read_conf_dir(dir, missing, errors));
  return load_layers(files, options, std::move(errors));
}

LoadResult load_texts(const std::vector<SourceText>& files, const LoadOptions& options) {
  return load_layers(files, options, {});
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (!text.starts_with("TENON_") || equals == std::string_view::npos) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace tenon::config
