#include "link/conn_pool.h"

namespace tenon::transport_tcp {

Conn& ConnPool::take() {
  if (!first_free_) {
    blocks_.push_back(std::make_unique<Conn[]>(block_conns));
    for (std::size_t i = block_conns; i-- > 0;) give_back(blocks_.back()[i]);
  }
  Conn& conn = *first_free_;
  first_free_ = conn.next_free_;
  return conn;
}

void ConnPool::give_back(Conn& conn) {
  conn.next_free_ = first_free_;
  first_free_ = &conn;
}

void ConnPool::abandon_all() {
  for (auto& block : blocks_) {
    for (std::size_t i = 0; i < block_conns; ++i) {
      if (block[i].is_open()) block[i].abandon();
    }
  }
}

}  // namespace tenon::transport_tcp
