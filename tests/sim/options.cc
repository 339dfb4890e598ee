#include "sim/options.h"

#include <charconv>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

namespace tenon::sim {
namespace {

class Words {
 public:
  Words(int argc, char** argv) : left_(argv + 1, argv + argc) {}

  bool next() {
    if (at_ == left_.size()) return false;
    word_ = left_[at_++];
    return true;
  }
  bool is(std::string_view name) const { return word_ == name; }
  const std::string& word() const { return word_; }
  std::string value() {
    if (at_ == left_.size()) throw std::runtime_error(word_ + " wants a value");
    return left_[at_++];
  }
  template <class Number>
  Number number() {
    const std::string text = value();
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < Number{})
      throw std::runtime_error(word_ + " wants a number, and " + text + " is none that fits");
    return number;
  }

 private:
  std::vector<std::string> left_;
  std::size_t at_ = 0;
  std::string word_;
};

}  // namespace

const char* const help_text =
    R"(usage: tenon-sim --workload FILE [OPTION...]

Runs nodes of the broker's stores, over the plugins of kind storage, log and replication that are named, in one process whose
disks, clocks, chance and links are simulated, lets things go wrong, and says what did not hold.

  --workload FILE       what to do
  --seed N              the first seed (default: a random one, which is printed)
  --seeds COUNT         so many, one after another (default: 1)
  --seconds S           how long things go wrong, instead of what the workload says
  --show                print each event
  --twice               run each seed twice and compare the digests of all events
  --must-fail           succeed with the first seed that fails, and say how many it took
  --patience S          real seconds for a simulated one; a plugin that does not come back ends the process (default: 30)
  --engine FILE         the plugin of kind storage (default: )" TENON_STORAGE_SQLITE R"()
  --log FILE            that of kind log (default: )" TENON_LOG_SEGMENT R"()
  --replication FILE    that of kind replication (default: )" TENON_REPLICATION_RAFT R"()
  --help                this text

Exit status: 0 when everything held, 1 when something did not, 2 when the command line, the workload or a file is wrong,
3 when a plugin did not come back.
)";

Options read_options(int argc, char** argv) {
  Options options;
  options.engine = TENON_STORAGE_SQLITE;
  options.log = TENON_LOG_SEGMENT;
  options.replication = TENON_REPLICATION_RAFT;
  std::optional<std::uint64_t> seed;
  for (Words words(argc, argv); words.next();) {
    if (words.is("--workload"))
      options.workload = words.value();
    else if (words.is("--seed"))
      seed = words.number<std::uint64_t>();
    else if (words.is("--seeds"))
      options.seed_count = words.number<std::uint64_t>();
    else if (words.is("--seconds"))
      options.seconds = words.number<double>();
    else if (words.is("--show"))
      options.is_shown = true;
    else if (words.is("--twice"))
      options.runs_twice = true;
    else if (words.is("--must-fail"))
      options.must_fail = true;
    else if (words.is("--patience"))
      options.patience_s = words.number<unsigned>();
    else if (words.is("--engine"))
      options.engine = words.value();
    else if (words.is("--log"))
      options.log = words.value();
    else if (words.is("--replication"))
      options.replication = words.value();
    else if (words.is("--help"))
      options.wants_help = true;
    else
      throw std::runtime_error(words.word() + " is not known; --help lists what is");
  }
  if (options.workload.empty() && !options.wants_help) throw std::runtime_error("--workload is missing");
  options.seed = seed ? *seed : std::random_device()();
  return options;
}

}  // namespace tenon::sim
