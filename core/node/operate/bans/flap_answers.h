#pragma once

#include <string>
#include <vector>

#include "admin/sources/ban_source.h"
#include "broker/limits/flap_guard.h"
#include "broker/operate/node_asks.h"
#include "broker/remote/remote_wire.h"

// Between what nodes say of the clients that they keep out by themselves and what operators are shown. Pure.

namespace tenon::node {

struct FlapRow {
  std::string tenant;
  std::string client_id;
  std::string address;
  std::uint64_t remaining_s = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id, s.address, s.remaining_s);
  }
};
struct FlapAnswer {
  std::vector<FlapRow> rows;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.rows);
  }
};

std::string write_flap_question();
FlapAnswer flap_answer(const broker::FlapGuard& guard, MonoNs now_ns);
// Those that did not answer, or not to the point, are added to `ret_missing`.
std::vector<admin::FlapStatus> read_flap_answers(const broker::NodeAsks::Replies& replies,
                                                 std::vector<std::string>& ret_missing);

}  // namespace tenon::node
