#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "acl/permissions.h"
#include "verification_cache.h"

// What auth/file costs on a worker: a question to a permission set, and a login that is answered from the
// cache.

namespace tenon::auth_file {
namespace {

sdk::PermissionSetRef permissions(const std::string& rules) {
  auto acl = std::make_shared<const Acl>(parse_acl_file(TextFile("/bench/acl", rules)));
  return sdk::PermissionSetRef::adopt(new Permissions(std::move(acl), {"ann", "device-17", nullptr}));
}

// A handful of grants, as most users have.
const std::string few_rules =
    "user ann\ntopic readwrite home/ann/#\ntopic read news/+/today\ntopic read $SYS/broker/uptime\n";
const std::string few_rules_and_patterns =
    few_rules + "topic deny home/ann/safe\npattern write sensor/%u/%c/data\npattern read command/%c/#\n";

// One grant for each of many devices.
std::string many_rules(int count) {
  std::string rules = "user ann\n";
  for (int i = 0; i < count; ++i) rules += "topic read site/device-" + std::to_string(i) + "/state\n";
  return rules;
}

void ask(benchmark::State& state, const std::string& rules, std::uint32_t action, std::string_view topic,
         bool expected) {
  const sdk::PermissionSetRef set = permissions(rules);
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.action = action;
  query.topic = sdk::abi(topic);
  if (set.get()->allows(query) != expected) state.SkipWithError("the answer is wrong");
  for (auto _ : state) {
    benchmark::DoNotOptimize(query);
    benchmark::DoNotOptimize(set.get()->allows(query));
  }
}

BENCHMARK_CAPTURE(ask, publish_few, few_rules, TENON_ACTION_PUBLISH, "home/ann/kitchen/light", true);
BENCHMARK_CAPTURE(ask, receive_few_refused, few_rules, TENON_ACTION_RECEIVE, "home/bob/kitchen/light", false);
BENCHMARK_CAPTURE(ask, publish_pattern, few_rules_and_patterns, TENON_ACTION_PUBLISH,
                  "sensor/ann/device-17/data", true);
BENCHMARK_CAPTURE(ask, publish_with_denials, few_rules_and_patterns, TENON_ACTION_PUBLISH,
                  "home/ann/kitchen/light", true);
BENCHMARK_CAPTURE(ask, receive_one_of_1000, many_rules(1000), TENON_ACTION_RECEIVE, "site/device-731/state",
                  true);
BENCHMARK_CAPTURE(ask, subscribe_all_of_1000, many_rules(1000), TENON_ACTION_SUBSCRIBE, "site/+/state", true);
BENCHMARK_CAPTURE(ask, receive_slashes, few_rules, TENON_ACTION_RECEIVE, std::string(65'535, '/'), false);

void cached_verification(benchmark::State& state) {
  const VerificationKey key{};
  VerificationTagger tagger(key);
  VerificationCache cache(32'768, 1'000'000'000);
  Credential credential;
  credential.salt.assign(12, 1);
  credential.hash.assign(64, 2);
  const std::string password = "correct horse battery";
  const BytesView bytes(reinterpret_cast<const std::uint8_t*>(password.data()), password.size());
  cache.insert(tagger.tag("ann", bytes, credential), 1);
  for (auto _ : state)
    if (!cache.contains(tagger.tag("ann", bytes, credential), 2))
      state.SkipWithError("the password is not known");
}
BENCHMARK(cached_verification);

}  // namespace
}  // namespace tenon::auth_file
