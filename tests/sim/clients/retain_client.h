#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/retain/retain_ops.h"
#include "sim/checkers/register_history.h"
#include "sim/clients/ask.h"

namespace tenon::sim {

// Puts, removes, gets and lists retained messages at any node, one after another; each topic is a register.
// Some topics get messages that expire, which are for the checker of expiry.
//
// It writes as a client with a stored session does: where it gets no answer it goes elsewhere, and sends the
// same again by a connection that is newer. What it was told of is done by then, and the first copy may still
// be on its way.
class RetainClient {
 public:
  struct Options {
    std::uint32_t topics = 6;
    std::uint32_t per_second = 8;
    std::uint32_t fleeting_percent = 15;  // of the puts: to topics whose messages expire
    std::int64_t timeout_ns = 8 * ns_per_s;
    std::int64_t patience_ns = 2 * ns_per_s;  // with a node that does not answer
    bool takes_a_glance = false;              // mistakes for the checkers to find: reads that may be old,
    bool takes_asking_for_done = false;       // puts that nobody waits for,
    bool writes_in_no_name = false;           // and such that do not say by which connection they come
  };
  // All outlive the client. `begins` are the first keys of the store's ranges.
  RetainClient(ClientWorld& clients, RegisterHistories& registers, const std::vector<std::string>& begins,
               std::uint32_t number, const Options& options);
  // Begins to work, until the clients' world closes.
  void start() { work_later(); }

 private:
  using Id = RegisterHistory::Id;
  struct Listing {
    SimNode* node = nullptr;
    std::vector<Id> ids;                         // by topic
    std::vector<RegisterHistory::Value> values;  // by topic
    std::size_t range = 0;
    std::string cursor;
  };
  void work_later();
  void work();
  struct Write {
    std::string topic;
    std::string payload;
    RegisterHistory::Effect effect;
    std::vector<Id> attempts;
    bool is_over = false;

    bool removes() const { return payload.empty(); }
  };
  void put(const std::string& topic, bool removes);
  void send(const std::shared_ptr<Write>& write);
  void send_elsewhere(const std::shared_ptr<Write>& write);
  void on_answer(Write& write, std::string_view reply);
  void give_up(Write& write);
  void end(Write& write);
  std::string put_command(const std::string& topic, const std::string& payload, UnixMs expires_at_ms) const;
  void put_fleeting(SimNode& node);
  void get(SimNode& node, const std::string& topic);
  void list(SimNode& node);
  void list_on(Listing&& listing);
  void end_list(const Listing& listing);

  std::string topic_of(std::uint64_t number) const { return "kept/" + std::to_string(number); }
  RegisterHistory& history_of(const std::string& topic) { return registers_["retained " + topic]; }
  store::Request request_of(store::Request::Kind kind, std::string key, std::string&& text) const;
  store::Request::Kind reading() const {
    return options_.takes_a_glance ? store::Request::Kind::glance : store::Request::Kind::query;
  }

  ClientWorld& clients_;
  RegisterHistories& registers_;
  const std::vector<std::string>& begins_;
  const std::uint32_t number_;
  const Options options_;
  test::SimRandom random_;
  std::uint64_t last_value_ = 0;
  std::uint64_t epoch_ = 1;  // of its connection
};

}  // namespace tenon::sim
