#include "host/tables/options.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "host/tables/json_schema.h"

namespace tenon::host {

using Json = nlohmann::json;

struct Options::Tree {
  Json root;
};

Options::Options(std::string text, std::unique_ptr<Tree> tree)
    : text_(std::move(text)), tree_(std::move(tree)) {}
Options::Options(Options&&) noexcept = default;
Options& Options::operator=(Options&&) noexcept = default;
Options::~Options() = default;

Result<Options> Options::parse(std::string text) {
  if (text.empty()) text = "{}";
  auto tree = std::make_unique<Tree>(Tree{Json::parse(text, nullptr, false)});
  if (!tree->root.is_object()) return Error{Errc::invalid, "the options are not a JSON object"};
  return Options(std::move(text), std::move(tree));
}

namespace {

const Json* step_into(const Json& node, std::string_view name) {
  if (node.is_object()) {
    const auto at = node.find(name);
    return at == node.end() ? nullptr : &*at;
  }
  if (!node.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error != std::errc() || end != name.data() + name.size() || index >= node.size()) return nullptr;
  return &node[index];
}

// Null when there is nothing at the path, or a JSON null. The empty path is the root.
const Json* find(const Json& root, const char* path) {
  if (!path) return nullptr;
  const Json* node = &root;
  std::string_view rest = path;
  for (bool more = !rest.empty(); more && node;) {
    const std::size_t dot = rest.find('.');
    node = step_into(*node, rest.substr(0, dot));
    more = dot != std::string_view::npos;
    if (more) rest.remove_prefix(dot + 1);
  }
  return node && !node->is_null() ? node : nullptr;
}

}  // namespace

bool Options::has(const char* path) const {
  return find(tree_->root, path) != nullptr;
}

tenon_status Options::get_string(const char* path, tenon_bytes* ret_text) const {
  const Json* node = find(tree_->root, path);
  if (!node) return TENON_E_NOT_FOUND;
  const auto* text = node->get_ptr<const Json::string_t*>();
  if (!text) return TENON_E_INVALID;
  *ret_text = {reinterpret_cast<const std::uint8_t*>(text->data()), text->size()};
  return TENON_OK;
}

tenon_status Options::get_int(const char* path, std::int64_t* ret_value) const {
  const Json* node = find(tree_->root, path);
  if (!node) return TENON_E_NOT_FOUND;
  if (!node->is_number_integer()) return TENON_E_INVALID;
  if (node->is_number_unsigned() &&
      node->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return TENON_E_INVALID;
  *ret_value = node->get<std::int64_t>();
  return TENON_OK;
}

tenon_status Options::get_bool(const char* path, std::uint32_t* ret_value) const {
  const Json* node = find(tree_->root, path);
  if (!node) return TENON_E_NOT_FOUND;
  if (!node->is_boolean()) return TENON_E_INVALID;
  *ret_value = node->get<bool>() ? 1 : 0;
  return TENON_OK;
}

tenon_status Options::get_count(const char* path, std::uint32_t* ret_count) const {
  const Json* node = find(tree_->root, path);
  if (!node) return TENON_E_NOT_FOUND;
  if (!node->is_structured()) return TENON_E_INVALID;
  *ret_count = static_cast<std::uint32_t>(node->size());
  return TENON_OK;
}

Status Options::check(const std::string& schema_json) const {
  return check_schema(schema_json, text_);
}

}  // namespace tenon::host
