#pragma once

#include <map>
#include <string>

#include "sim/checkers/register_history.h"
#include "sim/clients/ask.h"

namespace tenon::sim {

// Reads and changes settings of the cluster, a few of them, at any node: as they are, or only if they are
// what it last saw. One after another; each setting is a register.
class MetaClient {
 public:
  struct Options {
    std::uint32_t keys = 4;
    std::uint32_t per_second = 8;
    std::int64_t timeout_ns = 8 * ns_per_s;
    bool takes_a_glance = false;  // a mistake for the checker to find: reads that may be old
  };
  // Both outlive the client.
  MetaClient(ClientWorld& clients, RegisterHistories& registers, std::uint32_t number,
             const Options& options);
  // Begins to work, until the clients' world closes.
  void start() { work_later(); }

 private:
  struct Seen {
    std::uint64_t version = 0;  // 0: there is none
    RegisterHistory::Value value = 0;
  };
  void work_later();
  void work();
  void read(SimNode& node, const std::string& path);
  void write(SimNode& node, const std::string& path, bool only_if_unchanged);
  void on_written(const std::string& path, RegisterHistory::Id id, const RegisterHistory::Effect& asked_for,
                  std::string_view text);

  ClientWorld& clients_;
  RegisterHistories& registers_;
  const std::uint32_t number_;
  const Options options_;
  test::SimRandom random_;
  std::map<std::string, Seen> seen_;
  std::uint64_t last_value_ = 0;
};

}  // namespace tenon::sim
