#pragma once

#include <memory>
#include <string>

#include "client/response.h"
#include "client/stream.h"

namespace tenon::auth_http {

// Asks the service, one request after the other, over a connection that is kept as long as it will do. One
// thread.
class Exchange {
 public:
  struct Answer {
    int status = 0;
    std::string body;
  };

  // `fields`: further lines of the head, each with its line end. Blocks, until the deadline at most. Throws a
  // Failure. A connection that breaks before anything of the answer has come is made anew, once.
  Answer post(const Url& url, const TlsContext* tls, const std::string& fields, const std::string& body,
              Deadline deadline);
  void close() { stream_.reset(); }

 private:
  bool try_post(const std::string& request, Response& response, Deadline deadline);

  std::unique_ptr<Stream> stream_;
};

}  // namespace tenon::auth_http
