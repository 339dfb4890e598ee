// A filter that puts a length before what is sent, with one fault; FAULT says which.
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <tenon/filter.hpp>
#include <tenon/module.hpp>

namespace tenon::test {

enum class Fault : std::uint8_t {
  none,
  takes_pieces_for_whole,  // lengths that come in two pieces are lost
  loses_a_byte,            // of what is long
  forgets_links,           // to free what belongs to them
  names_errors_by_piece,   // no fault: which error it is depends on how a stream is cut
};
constexpr Fault fault = Fault::FAULT;

constexpr std::size_t length_bytes = 4;
constexpr std::size_t frame_bytes_max = 70'000;

class Conn {
 public:
  explicit Conn(const sdk::FilterLink& link) : link_(link), memory_(static_cast<char*>(std::malloc(100))) {}
  ~Conn() {
    if (fault != Fault::forgets_links) std::free(memory_);
  }
  Conn(const Conn&) = delete;
  Conn& operator=(const Conn&) = delete;

  tenon_status receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken) {
    *ret_taken = bytes.size();
    if (fault == Fault::takes_pieces_for_whole && left_ == 0 && bytes.size() < length_bytes) return TENON_OK;
    if (!std::exchange(is_ready_, true))
      if (const tenon_status status = link_.ready(); status != TENON_OK) return status;
    waiting_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    is_small_piece_ = bytes.size() <= 1'000;
    return pass_up();
  }
  tenon_status send_v(std::span<const tenon_bytes> spans) {
    std::string frame(length_bytes, '\0');
    for (const tenon_bytes& span : spans) frame += sdk::text_of(span);
    auto length = static_cast<std::uint32_t>(frame.size() - length_bytes);
    if (fault == Fault::loses_a_byte && length > 10'000) {
      frame.pop_back();
      --length;
    }
    frame.replace(0, length_bytes, reinterpret_cast<const char*>(&length), length_bytes);
    link_.put(sdk::bytes_of(sdk::abi(std::string_view(frame))));
    return TENON_OK;
  }
  void finish() {}
  // A frame of nothing, which tells the peer that this end is there.
  void greet() {
    is_ready_ = true;
    (void)link_.ready();
    (void)send_v({});
  }

 private:
  tenon_status pass_up() {
    for (;;) {
      if (left_ == 0) {
        if (waiting_.size() < length_bytes) return TENON_OK;
        std::uint32_t length = 0;
        waiting_.copy(reinterpret_cast<char*>(&length), length_bytes);
        waiting_.erase(0, length_bytes);
        if (length > frame_bytes_max) return link_.refuse(error(), "a frame that is too long");
        left_ = length;
        continue;
      }
      if (waiting_.empty()) return TENON_OK;
      const auto part = sdk::bytes_of(sdk::abi(std::string_view(waiting_).substr(0, left_)));
      std::uint64_t taken = 0;
      const tenon_status status = link_.pass_up(part, &taken);
      left_ -= static_cast<std::size_t>(taken);
      waiting_.erase(0, static_cast<std::size_t>(taken));
      if (status != TENON_OK) return status;
    }
  }

  tenon_status error() const {
    return fault == Fault::names_errors_by_piece && is_small_piece_ ? TENON_E_CORRUPT : TENON_E_INVALID;
  }

  sdk::FilterLink link_;
  char* memory_;
  bool is_ready_ = false;
  bool is_small_piece_ = false;
  std::string waiting_;
  std::size_t left_ = 0;  // of the frame that is being passed up
};

class Faulty : public sdk::FilterPlugin<Faulty> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.filter", .name = "faulty", .version = "1.0"};
  static constexpr std::uint32_t place = TENON_PLACE_FRAMING;
  using Conn = test::Conn;
  using FilterPlugin::FilterPlugin;

  Conn* open(std::uint32_t, std::uint32_t role, const sdk::FilterLink& link) {
    auto conn = std::make_unique<Conn>(link);
    if (role == TENON_ROLE_CLIENT) conn->greet();
    return conn.release();
  }
};

}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.filter", "1.0", tenon::test::Faulty)
