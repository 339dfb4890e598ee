#pragma once

#include <memory>
#include <vector>

#include "link/conn.h"

namespace tenon::transport_tcp {

// The links of one worker, open and free. Memory grows in blocks and is kept for reuse.
class ConnPool {
 public:
  // A link to open; it must be opened or given back.
  Conn& take();
  void give_back(Conn& conn);

  // Abandons every link that is open.
  void abandon_all();

 private:
  static constexpr std::size_t block_conns = 64;

  std::vector<std::unique_ptr<Conn[]>> blocks_;
  Conn* first_free_ = nullptr;
};

}  // namespace tenon::transport_tcp
