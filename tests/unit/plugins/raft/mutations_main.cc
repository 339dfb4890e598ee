// Puts each bug of mutation.h into the algorithm and shows how it is found: by how many seeds of the
// simulation, and by which of the directed tests. Fails when one is found by neither.
//
//   raft_mutations [SEEDS]      how many seeds to try for each (default 25)
//   raft_mutations SEEDS NAME   one mutation only

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "algorithm/parts/mutation.h"
#include "sim/cluster.h"

namespace tenon::raft {
namespace {

constexpr unsigned child_s_max = 120;

struct Named {
  Mutation mutation;
  std::string_view name;
};

#define TENON_RAFT_NAMED(name) {Mutation::name, #name},
constexpr Named mutations[] = {TENON_RAFT_MUTATION_LIST(TENON_RAFT_NAMED)};
#undef TENON_RAFT_NAMED

// What `run` returns in a process of its own, as a mutated algorithm may do anything; "died" when it does not
// return.
std::string in_child(const std::function<std::string()>& run) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(child_s_max);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    const std::string result = run();
    const bool written = write(ends[1], result.data(), result.size()) == static_cast<ssize_t>(result.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string result;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    result.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? result : "died";
}

// The first seed that shows something wrong, and what; empty when none of `seeds` does.
std::string found_by_seeds(std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string failure = in_child([&] { return sim::run_seed(seed); });
    if (!failure.empty()) return failure.substr(0, failure.find('\n'));
  }
  return {};
}

class FirstFailure : public testing::EmptyTestEventListener {
 public:
  explicit FirstFailure(std::string* name) : name_(name) {}

  void OnTestEnd(const testing::TestInfo& info) override {
    if (info.result()->Failed() && name_->empty())
      *name_ = std::string(info.test_suite_name()) + "." + info.name();
  }

 private:
  std::string* name_;
};

// The first directed test that fails; empty when all pass.
std::string found_by_tests() {
  return in_child([] {
    std::string name;
    testing::UnitTest::GetInstance()->listeners().Append(new FirstFailure(&name));
    return RUN_ALL_TESTS() == 0 ? std::string() : name;
  });
}

bool is_found(const Named& named, std::uint64_t seeds) {
  active_mutation = named.mutation;
  const std::string seed = found_by_seeds(seeds);
  const std::string test = found_by_tests();
  std::printf("%-42s %-46s %s\n", std::string(named.name).c_str(), test.empty() ? "-" : test.c_str(),
              seed.empty() ? "-" : seed.substr(0, 90).c_str());
  active_mutation = Mutation::none;
  return !seed.empty() || !test.empty();
}

int run(std::uint64_t seeds, std::string_view only) {
  const std::string without = found_by_tests() + found_by_seeds(seeds);
  if (!without.empty()) {
    std::printf("without any mutation: %s\n", without.c_str());
    return 1;
  }
  int missed = 0;
  std::printf("%-42s %-46s %s\n", "mutation", "directed test", "simulation");
  for (const Named& named : mutations) {
    if (only.empty() || only == named.name) missed += !is_found(named, seeds);
  }
  std::printf("%zu mutations, %d not found\n", std::size(mutations), missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tenon::raft

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(fail_fast, true);
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 25;
  return tenon::raft::run(seeds, argc > 2 ? argv[2] : "");
}
