#include "support/fake_host.h"

#include <tenon/draft/data_dir.h>
#include <tenon/draft/random.h>
#include <tenon/host/config.h>
#include <tenon/host/health.h>
#include <tenon/host/log.h>
#include <tenon/host/metrics.h>

#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "support/disk_table.h"
#include "support/sim_random.h"

namespace tenon::test {

struct FakeHost::State {
  tenon_host host{};
  DiskBackend* disk = nullptr;
  std::string data_dir;
  std::string options_text;
  nlohmann::json options;
  std::mutex log_mutex;
  std::string log_text;  // log_mutex
  std::uint32_t health = TENON_HEALTH_OK;
  std::string health_text;
  std::vector<std::pair<std::string, std::int64_t>> metrics;  // by their number - 1
  SimRandom random{1};
};

namespace {

FakeHost::State& state_of(const tenon_host* host) {
  return *static_cast<FakeHost::State*>(host->host_data);
}

std::string text_of(tenon_bytes b) {
  return {reinterpret_cast<const char*>(b.data), static_cast<std::size_t>(b.len)};
}

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

DiskBackend& disk_of(const tenon_host* host) {
  return *state_of(host).disk;
}

// -- config

// The value at a path with dots; null when there is none.
const nlohmann::json* option(const tenon_host* host, const char* path) {
  const nlohmann::json* at = &state_of(host).options;
  std::stringstream names{std::string(path)};
  for (std::string name; std::getline(names, name, '.');) {
    if (at->is_object() && at->contains(name))
      at = &at->at(name);
    else if (at->is_array() && !name.empty() && name.find_first_not_of("0123456789") == std::string::npos &&
             std::stoul(name) < at->size())
      at = &at->at(std::stoul(name));
    else
      return nullptr;
  }
  return at;
}

tenon_status get_json(const tenon_host* host, tenon_bytes* ret_json) {
  *ret_json = bytes_of(state_of(host).options_text);
  return TENON_OK;
}

tenon_status get_string(const tenon_host* host, const char* path, tenon_bytes* ret_text) {
  const nlohmann::json* value = option(host, path);
  if (value == nullptr) return TENON_E_NOT_FOUND;
  if (!value->is_string()) return TENON_E_INVALID;
  *ret_text = bytes_of(value->get_ref<const std::string&>());
  return TENON_OK;
}

tenon_status get_int(const tenon_host* host, const char* path, std::int64_t* ret_value) {
  const nlohmann::json* value = option(host, path);
  if (value == nullptr) return TENON_E_NOT_FOUND;
  if (!value->is_number_integer()) return TENON_E_INVALID;
  *ret_value = value->get<std::int64_t>();
  return TENON_OK;
}

tenon_status get_bool(const tenon_host* host, const char* path, std::uint32_t* ret_value) {
  const nlohmann::json* value = option(host, path);
  if (value == nullptr) return TENON_E_NOT_FOUND;
  if (!value->is_boolean()) return TENON_E_INVALID;
  *ret_value = value->get<bool>() ? 1 : 0;
  return TENON_OK;
}

tenon_status get_count(const tenon_host* host, const char* path, std::uint32_t* ret_count) {
  const nlohmann::json* value = option(host, path);
  if (value == nullptr) return TENON_E_NOT_FOUND;
  if (!value->is_structured()) return TENON_E_INVALID;
  *ret_count = static_cast<std::uint32_t>(value->size());
  return TENON_OK;
}

tenon_status get_origin(const tenon_host* host, const char* path, tenon_bytes* ret_text) {
  static const std::string origin = "test";
  if (option(host, path) == nullptr) return TENON_E_NOT_FOUND;
  *ret_text = bytes_of(origin);
  return TENON_OK;
}

constexpr tenon_host_config config_table{
    sizeof(tenon_host_config), 0, get_json, get_string, get_int, get_bool, get_count, get_origin};

// -- the others

tenon_status data_dir_path(const tenon_host* host, const char** ret_path) {
  *ret_path = state_of(host).data_dir.c_str();
  return TENON_OK;
}
constexpr tenon_host_data_dir data_dir_table{sizeof(tenon_host_data_dir), 0, data_dir_path};

std::uint32_t log_enabled(const tenon_host*, std::uint32_t) {
  return 1;
}
void log_write(const tenon_host* host, const tenon_log_record* record) {
  FakeHost::State& state = state_of(host);
  const std::lock_guard lock(state.log_mutex);
  state.log_text += text_of(record->event) + ": " + text_of(record->message) + "\n";
}
constexpr tenon_host_log log_table{sizeof(tenon_host_log), 0, log_enabled, log_write};

void health_report(const tenon_host* host, std::uint32_t health, tenon_bytes text) {
  state_of(host).health = health;
  state_of(host).health_text = text_of(text);
}
constexpr tenon_host_health health_table{sizeof(tenon_host_health), 0, health_report};

// `name{key="value"}`, as a scrape shows it.
std::string metric_name(const tenon_metric_desc& desc) {
  std::string name = text_of(desc.name);
  for (std::uint32_t i = 0; i < desc.labels.count; ++i) {
    const tenon_kv& label = *TENON_AT(desc.labels, tenon_kv, i);
    name += (i == 0 ? "{" : ",") + text_of(label.key) + "=\"" + text_of(label.value) + "\"";
  }
  return desc.labels.count > 0 ? name + "}" : name;
}
tenon_status metric_declare(const tenon_host* host, const tenon_metric_desc* desc, tenon_metric* ret_metric) {
  auto& metrics = state_of(host).metrics;
  metrics.emplace_back(metric_name(*desc), 0);
  *ret_metric = static_cast<tenon_metric>(metrics.size());
  return TENON_OK;
}
void metric_add(const tenon_host* host, tenon_metric metric, std::int64_t delta) {
  state_of(host).metrics.at(metric - 1).second += delta;
}
void metric_set(const tenon_host* host, tenon_metric metric, std::int64_t value) {
  state_of(host).metrics.at(metric - 1).second = value;
}
constexpr tenon_host_metrics metrics_table{
    sizeof(tenon_host_metrics), 0, metric_declare, metric_add, metric_set, metric_add};
void random_fill(const tenon_host* host, tenon_span out) {
  for (std::uint64_t i = 0; i < out.len; ++i)
    out.data[i] = static_cast<std::uint8_t>(state_of(host).random.next());
}
constexpr tenon_host_random random_table{sizeof(tenon_host_random), 0, random_fill};

const void* get_interface(const tenon_host*, const char* id) {
  const std::string_view wanted = id;
  if (wanted == TENON_HOST_LOG_ID) return &log_table;
  if (wanted == TENON_HOST_CONFIG_ID) return &config_table;
  if (wanted == TENON_HOST_DATA_DIR_ID) return &data_dir_table;
  if (wanted == TENON_HOST_HEALTH_ID) return &health_table;
  if (wanted == TENON_HOST_METRICS_ID) return &metrics_table;
  if (wanted == TENON_HOST_RANDOM_ID) return &random_table;
  if (wanted == TENON_HOST_DISK_ID) return DiskTable<disk_of>::get();
  return nullptr;
}

}  // namespace

FakeHost::FakeHost(DiskBackend& disk, std::string data_dir, const std::string& options_json)
    : state_(std::make_unique<State>()) {
  state_->host = {sizeof(tenon_host), TENON_ABI_LEVEL, state_.get(), get_interface};
  state_->disk = &disk;
  state_->data_dir = std::move(data_dir);
  state_->options_text = options_json;
  state_->options = nlohmann::json::parse(options_json);
}

FakeHost::~FakeHost() = default;

const tenon_host* FakeHost::get() const {
  return &state_->host;
}
std::string FakeHost::log_text() const {
  const std::lock_guard lock(state_->log_mutex);
  return state_->log_text;
}
std::uint32_t FakeHost::health() const {
  return state_->health;
}
const std::string& FakeHost::health_text() const {
  return state_->health_text;
}
std::int64_t FakeHost::metric(const std::string& name) const {
  for (const auto& [known, value] : state_->metrics)
    if (known == name) return value;
  throw std::runtime_error("no metric " + name + " was declared");
}

}  // namespace tenon::test
