// sim-capacity: what each node of a cluster of three and of six stores, commits and routes of the same load.
// Fails when with twice the nodes each has not half of it, within 15 %.
#include <cstdio>
#include <exception>
#include <map>
#include <vector>

#include "sim/capacity/capacity_run.h"

namespace tenon::sim {
namespace {

constexpr double tolerance = 0.15;

struct Figure {
  const char* name;
  std::uint64_t NodeShare::*value;
  bool halves;
};
constexpr Figure figures[] = {
    {"bytes", &NodeShare::stored_bytes, true},
    {"commits", &NodeShare::commit_count, true},
    {"routes", &NodeShare::route_count, true},
    {"routes known", &NodeShare::known_route_count, false},
};

double mean_of(const std::vector<NodeShare>& shares, std::uint64_t NodeShare::*value) {
  double sum = 0;
  for (const NodeShare& share : shares) sum += static_cast<double>(share.*value);
  return sum / static_cast<double>(shares.size());
}

void print(const std::vector<NodeShare>& shares) {
  std::printf("%zu nodes, three voters\n", shares.size());
  for (const Figure& figure : figures) {
    std::printf("  %-13s", figure.name);
    for (const NodeShare& share : shares)
      std::printf(" %9llu", static_cast<unsigned long long>(share.*figure.value));
    std::printf("\n");
  }
}

int run() {
  const PluginFiles plugins =
      PluginFiles::load(TENON_STORAGE_SQLITE, TENON_LOG_SEGMENT, TENON_REPLICATION_RAFT);
  const CapacityLoad load;
  const std::map<kv::StoreId, std::uint32_t> ranges = {{kv::StoreId::inbox, load.inbox_range_count},
                                                       {kv::StoreId::dist, load.dist_range_count}};
  const std::vector<NodeShare> three = measure_capacity(place_ranges(3, ranges), load, plugins);
  print(three);
  const std::vector<NodeShare> six = measure_capacity(place_ranges(6, ranges), load, plugins);
  print(six);
  int wrong = 0;
  for (const Figure& figure : figures) {
    const double before = mean_of(three, figure.value);
    double least = 1e9;
    double most = 0;
    for (const NodeShare& share : six) {
      const double part = static_cast<double>(share.*figure.value) / before;
      least = part < least ? part : least;
      most = part > most ? part : most;
    }
    const bool is_half = least >= 0.5 * (1 - tolerance) && most <= 0.5 * (1 + tolerance);
    std::printf("%-13s per node of six: %.3f to %.3f of one of three%s\n", figure.name, least, most,
                !figure.halves ? ""
                : is_half      ? ", which is half"
                               : ", which is NOT half");
    if (figure.halves && !is_half) ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tenon::sim

int main() {
  try {
    return tenon::sim::run();
  } catch (const std::exception& wrong) {
    std::fprintf(stderr, "sim-capacity: %s\n", wrong.what());
    return 2;
  }
}
