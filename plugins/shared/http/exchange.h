#pragma once

#include <memory>
#include <string>
#include <utility>

#include "shared/http/response.h"
#include "shared/http/service.h"
#include "shared/http/stream.h"

namespace tenon::http {

// Asks the service, one request after the other, over a connection that is kept as long as it will do. One
// thread.
class Exchange {
 public:
  // `resolve`: what names are looked up by.
  explicit Exchange(Lookup::Resolve resolve = Lookup::system_resolver()) : lookup_(std::move(resolve)) {}

  struct Answer {
    int status = 0;
    std::string body;
  };

  // Posts JSON. Blocks, until the deadline at most. Throws a Failure. A connection that breaks before
  // anything of the answer has come is made anew, once. An answer counts though the service has closed
  // without having read all of the request. One that was made to another service is to be closed before.
  Answer post(const Service& service, const std::string& body, Deadline deadline);
  // The same for who needs the status alone: it counts once the head of the answer is there, whatever becomes
  // of the body.
  int post_for_status(const Service& service, const std::string& body, Deadline deadline);
  void close() { stream_.reset(); }

 private:
  void ask(const Service& service, const std::string& body, Deadline deadline, Response& ret_response);
  // False: the service has closed before it had all.
  bool try_write(const std::string& request, Deadline deadline);
  bool try_post(const std::string& request, Response& response, Deadline deadline);

  Lookup lookup_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace tenon::http
