#pragma once

#include <string>

#include <tenon/filter.hpp>

#include "span_bio.h"
#include "tls_context.h"

namespace tenon::filter_tls {

// What the plugin counts.
struct Counters {
  sdk::Metric handshakes;
  sdk::Metric resumed;
  sdk::Metric failures;
};

// Memory that the links of one worker share, each within a call.
struct WorkerBuffers {
  std::vector<std::uint8_t> output;  // of OpenSSL
  std::vector<std::uint8_t> record;  // pieces put together
};

// One link: the handshake, then records both ways.
class TlsConn {
 public:
  // `role`: this side's, TENON_ROLE_*. `buffers` and `counters` outlive it. Throws a Failure.
  TlsConn(const sdk::FilterLink& link, std::uint32_t role, std::shared_ptr<const TlsContext> context,
          WorkerBuffers& buffers, const Counters& counters);
  // Puts the first bytes of the side that speaks first. Throws a Failure.
  void begin();

  tenon_status receive(std::span<const std::uint8_t> bytes, std::uint64_t* ret_taken);
  tenon_status send_v(std::span<const tenon_bytes> spans);
  void finish();

 private:
  tenon_status shake_hands();
  tenon_status read_records();
  tenon_status write(std::span<const std::uint8_t> bytes);
  tenon_status refuse(int result, const char* step);
  void tell_facts();
  void tell_certificate();
  void put_output();

  const sdk::FilterLink link_;
  const std::shared_ptr<const TlsContext> context_;  // its callbacks and options
  WorkerBuffers& buffers_;
  const Counters& counters_;
  SpanBio ends_;
  SslPtr ssl_;
  bool is_open_ = false;
  bool is_broken_ = false;
};

}  // namespace tenon::filter_tls
