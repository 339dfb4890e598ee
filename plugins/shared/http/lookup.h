#pragma once

#include <netdb.h>

#include <functional>
#include <memory>
#include <string>

#include "shared/http/connect.h"

namespace tenon::http {

// Finds the addresses of services. The system's resolver may take half a minute to find that nobody answers,
// and can't be told to stop: a thread that nobody waits for beyond a deadline asks it. That thread touches
// nothing of the plugin but its code, which stays, and may outlive all else. One thread at a time.
class Lookup {
 public:
  using Addresses = std::shared_ptr<const addrinfo>;
  // As getaddrinfo(3), of a stream socket; blocks. Any thread.
  using Resolve = std::function<int(const std::string& host, const std::string& port, addrinfo** ret_first)>;

  explicit Lookup(Resolve resolve = system_resolver());
  ~Lookup();

  // Never empty. Blocks until the deadline at most; an address is its own answer at once. Throws a Failure.
  //
  // An answer that is too late for who has asked is for who asks for the same name next, within a few seconds
  // of it: no more than one thread asks for a name.
  Addresses find(const std::string& host, const std::string& port, Deadline deadline);

  static Resolve system_resolver();

 private:
  struct Question;

  const Resolve resolve_;
  std::shared_ptr<Question> late_;  // the last one, if it was not answered in time
};

}  // namespace tenon::http
