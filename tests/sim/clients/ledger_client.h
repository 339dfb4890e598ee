#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "sim/checkers/inbox_checker.h"
#include "sim/clients/ask.h"

namespace tenon::sim {

class RecoveryChecker;

// A client with one session for good, which numbered messages are written to all the time, at the node where
// its publisher is. Nothing is taken away, so that in the end the inbox shows what came of each.
class LedgerClient {
 public:
  struct Options {
    std::uint32_t per_second = 10;
  };
  // `clients` and the checker outlive it.
  LedgerClient(ClientWorld& clients, RecoveryChecker& checker, std::uint32_t number, const Options& options);

  void start();
  // Fetches the inbox to its end; is_drained() then.
  void drain();
  bool is_drained() const { return is_drained_; }

  // The ledger that a session is of; empty: it is another client's.
  static std::optional<std::uint32_t> number_of(std::string_view client_id);
  static MessageName name_in(Bytes payload);

 private:
  void attach();
  void write_later();
  void write();
  void fetch();
  void on_fetched(std::string_view answer);
  void ask(SimNode& node, store::Request::Kind kind, std::string text, OnEnd on_end);
  void later(std::int64_t min_ns, std::int64_t max_ns, void (LedgerClient::*what)());

  ClientWorld& clients_;
  RecoveryChecker& checker_;
  const std::uint32_t number_;
  const std::string id_;
  const Options options_;
  test::SimRandom random_;
  std::uint64_t session_ = 0;  // its number; 0: none yet
  std::uint64_t epoch_ = 0;
  std::uint64_t incarnation_ = 0;  // of the publisher's node
  MessageName last_;
  std::vector<MessageName> found_;
  std::uint64_t next_number_ = 0;
  bool is_draining_ = false;
  bool is_drained_ = false;
};

}  // namespace tenon::sim
