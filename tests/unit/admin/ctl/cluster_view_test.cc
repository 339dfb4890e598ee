#include "bin/ctl/cluster_view.h"

#include <gtest/gtest.h>

namespace tenon::ctl {
namespace {

constexpr const char* status_text =
    R"({"node": {"id": "a"}, "conditions": [{"name": "node", "state": "ok", "reason": ""}],
  "peers": [{"node": "b", "address": "10.0.0.2:7883", "state": "alive", "since_s": 4, "linked": true, "witness": ""},
            {"node": "c", "address": "10.0.0.3:7883", "state": "gone", "since_s": 9, "linked": false, "witness": ""}]})";
constexpr const char* nodes_text = R"({"nodes": [
  {"id": "a", "state": "serving", "this": true, "load": {"clients": 5, "leaders": 2, "replicas": 3}},
  {"id": "b", "state": "draining", "this": false, "load": {"clients": 7, "leaders": 1, "replicas": 2}},
  {"id": "c", "state": "gone", "this": false},
  {"id": "d", "state": "removed", "this": false}]})";
constexpr const char* ranges_text = R"({"ranges": [
  {"store": "meta", "leader": "a", "voters": ["a", "b"], "outgoing": []},
  {"store": "inbox", "leader": "b", "voters": ["a", "b", "c"], "outgoing": ["b"]},
  {"store": "inbox", "leader": "", "voters": ["a", "c"], "outgoing": []}]})";

TEST(CtlClusterView, ShowsNodesStoresAndWhatIsAmiss) {
  EXPECT_EQ(cluster_view({status_text, nodes_text, ranges_text}).value(),
            "  NODE  ADDRESS        LINK       HEARD AS  STATE     CLIENTS  LEADERS  REPLICAS\n"
            "  a     -              this node  -         serving   5        2        3\n"
            "  b     10.0.0.2:7883  up         alive     draining  7        1        2\n"
            "  c     10.0.0.3:7883  down       gone      gone      -        -        -\n"
            "  d     -              down       -         removed   -        -        -\n"
            "\n"
            "  STORE  RANGES  VOTERS  CHANGING  LEADERLESS  VOTER AWAY  MAJORITY AWAY\n"
            "  meta   1       2       0         0           0           0\n"
            "  inbox  2       2       1         1           2           1\n"
            "\n"
            "node c has no link with this one\n"
            "inbox: nothing is written, as a majority of the voters is away, of 1 of 2 ranges\n");
}

TEST(CtlClusterView, ANodeThatIsAloneIsAClusterOfOne) {
  const std::string text =
      cluster_view({R"({"node": {"id": "a"}, "conditions": []})", R"({"nodes": []})",
                    R"({"ranges": [{"store": "meta", "leader": "a", "voters": ["a"], "outgoing": []}]})"})
          .value();
  EXPECT_NE(text.find("nothing is amiss, as this node sees it\n"), std::string::npos) << text;
}

TEST(CtlClusterView, ConditionsAndSilentNodesAreNamed) {
  const std::string text =
      cluster_view({R"({"node": {"id": "a"}, "conditions": [{"name": "store.inbox", "state": "failed",
                        "reason": "the disk is full"}]})",
                    R"({"nodes": [], "missing_nodes": ["b"]})", R"({"ranges": []})"})
          .value();
  EXPECT_NE(text.find("store.inbox is failed: the disk is full\nnode b has not answered\n"),
            std::string::npos)
      << text;
}

TEST(CtlClusterView, AnythingElseIsRefused) {
  for (const char* body : {"", "{", "[]", "null", "{\"nodes\": 1}"})
    EXPECT_FALSE(cluster_view({status_text, body, ranges_text}).ok()) << body;
}

}  // namespace
}  // namespace tenon::ctl
