#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"

namespace tenon::config {

// Loads one text, as the file "10-test.json".
inline LoadResult load_text(std::string text, const LoadOptions& options = {}) {
  return load_texts({{"10-test.json", std::move(text)}}, options);
}

// Loads texts in order, as "1.json", "2.json", ...
inline LoadResult load_all(const std::vector<std::string>& texts, const LoadOptions& options = {}) {
  std::vector<SourceText> files;
  for (const std::string& text : texts) files.push_back({std::to_string(files.size() + 1) + ".json", text});
  return load_texts(files, options);
}

inline std::vector<std::string> lines(const std::vector<ConfigError>& errors) {
  std::vector<std::string> out;
  for (const ConfigError& error : errors) out.push_back(error.to_string());
  return out;
}

// The errors of loading `text`, one string each.
inline std::vector<std::string> errors_of(std::string text, const LoadOptions& options = {}) {
  return lines(load_text(std::move(text), options).errors);
}

// The configuration of a load that must succeed.
inline Config config_of(const LoadResult& result) {
  EXPECT_EQ(lines(result.errors), std::vector<std::string>{});
  if (!result.ok()) std::abort();
  return *result.config;
}

inline Config config_of(std::string text, const LoadOptions& options = {}) {
  return config_of(load_text(std::move(text), options));
}

using Lines = std::vector<std::string>;

}  // namespace tenon::config
