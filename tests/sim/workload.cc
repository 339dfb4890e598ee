#include "sim/workload.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tenon::sim {
namespace {

using Json = nlohmann::json;
using Readers = std::map<std::string, std::function<void(const Json&)>>;

std::int64_t ns_of_seconds(const Json& value) {
  return static_cast<std::int64_t>(value.get<double>() * 1e9);
}

std::int64_t ns_of_micros(const Json& value) {
  return value.get<std::int64_t>() * 1000;
}

void read_object(const Json& object, const Readers& readers) {
  for (const auto& [key, value] : object.items()) {
    const auto reader = readers.find(key);
    if (reader == readers.end()) throw std::runtime_error("unknown key " + key);
    reader->second(value);
  }
}

FaultRate read_fault(const std::string& word, const Json& object) {
  FaultRate rate;
  if (!from_string(word, rate.kind)) throw std::runtime_error("unknown fault " + word);
  read_object(object, {{"every_s", [&](const Json& v) { rate.every_ns = ns_of_seconds(v); }},
                       {"for_s", [&](const Json& v) {
                          rate.for_min_ns = ns_of_seconds(v.at(0));
                          rate.for_max_ns = ns_of_seconds(v.at(1));
                        }}});
  if (rate.every_ns <= 0 || rate.for_max_ns < rate.for_min_ns)
    throw std::runtime_error("the times of " + word + " make no sense");
  return rate;
}

Mistake read_mistake(const std::string& word) {
  static const std::map<std::string, Mistake> words = {
      {"skip_sync", Mistake::skip_sync},
      {"late_sync", Mistake::late_sync},
      {"early_answer", Mistake::early_answer},
      {"early_answer_retain", Mistake::early_answer_retain},
      {"apply_twice", Mistake::apply_twice},
      {"glance", Mistake::glance},
      {"leader_only", Mistake::leader_only},
      {"early_expiry", Mistake::early_expiry},
      {"will_twice", Mistake::will_twice},
      {"applied_apart", Mistake::applied_apart},
      {"old_routes", Mistake::old_routes},
      {"gives_way", Mistake::gives_way},
      {"tells_no_links", Mistake::tells_no_links},
      {"quorum_acks", Mistake::quorum_acks},
      {"hasty_detector", Mistake::hasty_detector},
      {"no_witnesses", Mistake::no_witnesses},
      {"no_second_dial", Mistake::no_second_dial},
      {"keeps_older", Mistake::keeps_older},
      {"tells_no_missed", Mistake::tells_no_missed},
      {"late_copies", Mistake::late_copies},
      {"late_routes", Mistake::late_routes},
  };
  const auto found = words.find(word);
  if (found == words.end()) throw std::runtime_error("unknown mistake " + word);
  return found->second;
}

void read_network(const Json& object, SimNetwork::Options& options) {
  read_object(object, {{"delay_us",
                        [&](const Json& v) {
                          options.delay_min_ns = ns_of_micros(v.at(0));
                          options.delay_max_ns = ns_of_micros(v.at(1));
                        }},
                       {"loss_per_million", [&](const Json& v) { v.get_to(options.loss_per_million); }},
                       {"double_per_million", [&](const Json& v) { v.get_to(options.double_per_million); }},
                       {"late_per_million", [&](const Json& v) { v.get_to(options.late_per_million); }},
                       {"short_per_million", [&](const Json& v) { v.get_to(options.short_per_million); }}});
}

void read_clients(const Json& object, Workload& workload) {
  read_object(object, {{"count", [&](const Json& v) { v.get_to(workload.client_count); }},
                       {"clean_percent", [&](const Json& v) { v.get_to(workload.client.clean_percent); }},
                       {"silent_percent", [&](const Json& v) { v.get_to(workload.client.silent_percent); }},
                       {"hasty_percent", [&](const Json& v) { v.get_to(workload.client.hasty_percent); }},
                       {"stay_s", [&](const Json& v) {
                          workload.client.stay_min_ns = ns_of_seconds(v.at(0));
                          workload.client.stay_max_ns = ns_of_seconds(v.at(1));
                        }}});
}

void read_publishers(const Json& object, Workload& workload) {
  read_object(
      object,
      {{"per_node", [&](const Json& v) { v.get_to(workload.publishers_per_node); }},
       {"per_second", [&](const Json& v) { v.get_to(workload.publisher.per_second); }},
       {"payload_bytes_max", [&](const Json& v) { v.get_to(workload.publisher.payload_bytes_max); }},
       {"session_messages_max", [&](const Json& v) { v.get_to(workload.publisher.session_messages_max); }}});
}

void read_meta(const Json& object, Workload& workload) {
  read_object(object, {{"clients", [&](const Json& v) { v.get_to(workload.meta_client_count); }},
                       {"keys", [&](const Json& v) { v.get_to(workload.meta.keys); }},
                       {"per_second", [&](const Json& v) { v.get_to(workload.meta.per_second); }}});
}

void read_retain(const Json& object, Workload& workload) {
  read_object(object,
              {{"clients", [&](const Json& v) { v.get_to(workload.retain_client_count); }},
               {"ranges", [&](const Json& v) { v.get_to(workload.retain_range_count); }},
               {"topics", [&](const Json& v) { v.get_to(workload.retain.topics); }},
               {"per_second", [&](const Json& v) { v.get_to(workload.retain.per_second); }},
               {"fleeting_percent", [&](const Json& v) { v.get_to(workload.retain.fleeting_percent); }}});
}

void read_routes(const Json& object, Workload& workload) {
  read_object(object, {{"clients", [&](const Json& v) { v.get_to(workload.route_client_count); }},
                       {"ranges", [&](const Json& v) { v.get_to(workload.route_range_count); }},
                       {"filters", [&](const Json& v) { v.get_to(workload.routes.filters); }},
                       {"patience_s", [&](const Json& v) { workload.routes.timeout_ns = ns_of_seconds(v); }},
                       {"per_second", [&](const Json& v) { v.get_to(workload.routes.per_second); }}});
}

void read_visitors(const Json& object, Workload& workload) {
  read_object(object, {{"count", [&](const Json& v) { v.get_to(workload.visitor_count); }},
                       {"will_percent", [&](const Json& v) { v.get_to(workload.visitors.will_percent); }},
                       {"clean_percent", [&](const Json& v) { v.get_to(workload.visitors.clean_percent); }},
                       {"stay_s", [&](const Json& v) { workload.visitors.stay_max_ns = ns_of_seconds(v); }},
                       {"away_s", [&](const Json& v) { workload.visitors.away_max_ns = ns_of_seconds(v); }}});
}

void read_ledgers(const Json& object, Workload& workload) {
  read_object(object, {{"clients", [&](const Json& v) { v.get_to(workload.ledger_count); }},
                       {"per_second", [&](const Json& v) { v.get_to(workload.ledgers.per_second); }}});
}

void read_roamers(const Json& object, Roamers::Options& options) {
  read_object(object, {{"count", [&](const Json& v) { v.get_to(options.count); }},
                       {"goodbye_percent", [&](const Json& v) { v.get_to(options.goodbye_percent); }},
                       {"stay_s", [&](const Json& v) {
                          options.stay_min_ns = ns_of_seconds(v.at(0));
                          options.stay_max_ns = ns_of_seconds(v.at(1));
                        }}});
}

void read_ack(const Json& value, Workload& workload) {
  const auto word = value.get<std::string>();
  if (word != "all" && word != "quorum") throw std::runtime_error("unknown ack " + word);
  workload.acks_by_all = word == "all";
}

void read_replicas(const Json& object, Workload& workload) {
  store::ReplicasOptions& options = workload.replicas;
  read_object(
      object,
      {{"ack", [&](const Json& v) { read_ack(v, workload); }},
       {"entries_kept", [&](const Json& v) { v.get_to(options.log_keeping.entries); }},
       {"entries_for_live_max", [&](const Json& v) { v.get_to(options.log_keeping.entries_for_live_max); }},
       {"flush_s", [&](const Json& v) { options.flush_interval_ns = ns_of_seconds(v); }},
       {"sync_s", [&](const Json& v) { options.sync_interval_ns = ns_of_seconds(v); }},
       {"chunk_bytes", [&](const Json& v) { v.get_to(options.snapshots.chunk_bytes); }},
       {"snapshot_bytes_per_s", [&](const Json& v) { v.get_to(options.snapshots.bytes_per_s_max); }}});
}

void read_workload(const Json& object, Workload& workload) {
  read_object(object,
              {{"about", [](const Json&) {}},
               {"nodes", [&](const Json& v) { v.get_to(workload.node_count); }},
               {"ranges", [&](const Json& v) { v.get_to(workload.range_count); }},
               {"seconds", [&](const Json& v) { workload.run_ns = ns_of_seconds(v); }},
               {"clients", [&](const Json& v) { read_clients(v, workload); }},
               {"publishers", [&](const Json& v) { read_publishers(v, workload); }},
               {"meta", [&](const Json& v) { read_meta(v, workload); }},
               {"retain", [&](const Json& v) { read_retain(v, workload); }},
               {"routes", [&](const Json& v) { read_routes(v, workload); }},
               {"visitors", [&](const Json& v) { read_visitors(v, workload); }},
               {"ledgers", [&](const Json& v) { read_ledgers(v, workload); }},
               {"roamers", [&](const Json& v) { read_roamers(v, workload.roamers); }},
               {"network", [&](const Json& v) { read_network(v, workload.network); }},
               {"mesh", [&](const Json& v) { v.get_to(workload.has_mesh); }},
               {"journal_us",
                [&](const Json& v) {
                  workload.log_writer.write_min_ns = ns_of_micros(v.at(0));
                  workload.log_writer.write_max_ns = ns_of_micros(v.at(1));
                }},
               {"engine_options", [&](const Json& v) { workload.engine_options = v.dump(); }},
               {"log_options", [&](const Json& v) { workload.log_options = v.dump(); }},
               {"replication_options", [&](const Json& v) { workload.replication_options = v.dump(); }},
               {"replicas", [&](const Json& v) { read_replicas(v, workload); }},
               {"faults",
                [&](const Json& v) {
                  for (const auto& [word, rate] : v.items())
                    workload.faults.push_back(read_fault(word, rate));
                }},
               {"mistake", [&](const Json& v) { workload.mistake = read_mistake(v.get<std::string>()); }}});
}

}  // namespace

bool Workload::has_fault(std::initializer_list<FaultKind> kinds) const {
  return std::any_of(faults.begin(), faults.end(), [&](const FaultRate& rate) {
    return std::find(kinds.begin(), kinds.end(), rate.kind) != kinds.end();
  });
}

Workload Workload::read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": can't be read");
  Workload workload;
  const std::size_t slash = path.find_last_of('/');
  workload.name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  workload.name = workload.name.substr(0, workload.name.find('.'));
  try {
    read_workload(Json::parse(file), workload);
    if (workload.roamers.count > 0 && !workload.has_mesh)
      throw std::runtime_error("roamers want nodes that run core/cluster: mesh");
    const SimNetwork::Options& network = workload.network;
    if (workload.has_mesh &&
        network.double_per_million + network.late_per_million + network.short_per_million > 0)
      throw std::runtime_error("over connections messages come once, in order and whole");
  } catch (const std::exception& wrong) {
    throw std::runtime_error(path + ": " + wrong.what());
  }
  return workload;
}

}  // namespace tenon::sim
