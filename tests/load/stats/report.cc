#include "load/stats/report.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace tenon::load {

namespace {

std::string formatted(double value, std::chars_format format, int precision) {
  char text[400];
  const auto result = std::to_chars(text, text + sizeof text, value, format, precision);
  return {text, result.ptr};
}

std::string json_value(const Report::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return json_string(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  const double number = std::get<double>(value);
  return std::isfinite(number) ? formatted(number, std::chars_format::general, 9) : "null";
}

std::string plain_value(const Report::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) {
    return formatted(*number, std::chars_format::fixed, std::abs(*number) < 1000 ? 3 : 0);
  }
  return json_value(value);
}

std::pair<std::string_view, std::string_view> split_group(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void Report::add_latencies(const std::string& group, const Histogram& histogram) {
  constexpr double ns_per_us = 1000.0;
  add(group + ".count", histogram.count());
  add(group + ".mean", histogram.mean() / ns_per_us);
  for (const auto& [name, percent] : {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p999", 99.9}}) {
    add(group + "." + name, static_cast<double>(histogram.percentile(percent)) / ns_per_us);
  }
  add(group + ".max", static_cast<double>(histogram.max()) / ns_per_us);
}

std::string Report::to_json() const {
  std::string out = "{";
  std::string_view open_group;
  bool first = true;
  for (const auto& [name, value] : figures_) {
    const auto [group, leaf] = split_group(name);
    if (group != open_group && !open_group.empty()) out += '}';
    if (!first) out += ',';
    if (group != open_group && !group.empty()) out += json_string(group) + ":{";
    out += json_string(leaf) + ':' + json_value(value);
    open_group = group;
    first = false;
  }
  if (!open_group.empty()) out += '}';
  return out + '}';
}

std::string Report::to_table() const {
  std::size_t width = 0;
  for (const auto& figure : figures_) width = std::max(width, figure.first.size());
  std::string out;
  for (const auto& [name, value] : figures_) {
    out += name + std::string(width + 2 - name.size(), ' ') + plain_value(value) + '\n';
  }
  return out;
}

}  // namespace tenon::load
