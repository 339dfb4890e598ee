#pragma once

#include <gtest/gtest.h>

#include "service/meta/meta_machine.h"
#include "store/request.h"
#include "unit/service/map_state.h"

namespace tenon::node {

// The store `meta` without a cluster: requests are answered when the test says so.
struct FakeMeta {
  store::Answer answer(const store::Request& request) {
    store::Answer answer;
    std::vector<kv::Notice> notices;
    const kv::ApplyContext context{5000, ++index, notices};
    const Status done = request.kind == store::Request::Kind::query
                            ? machine.query(5000, request.text, state, answer.text)
                            : machine.apply(context, request.text, state, answer.text);
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(request.store, kv::StoreId::meta);
    return answer;
  }
  service::meta::MetaMachine machine;
  service::MapState state;
  std::uint64_t index = 0;
};

}  // namespace tenon::node
