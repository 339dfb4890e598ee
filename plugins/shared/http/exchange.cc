#include "shared/http/exchange.h"

#include <openssl/crypto.h>

#include <tenon/failure.hpp>

namespace tenon::http {

Exchange::Answer Exchange::post(const Service& service, const std::string& body, Deadline deadline) {
  const Url& url = service.url;
  const TlsContext* tls = service.tls.get();
  std::string request = "POST " + url.path + " HTTP/1.1\r\nHost: " + url.authority() +
                        "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n" + service.head_fields + "\r\n" + body;
  Response response;
  try {
    if (stream_ && stream_->is_stale()) stream_.reset();
    const bool was_kept = stream_ != nullptr;
    if (!stream_) stream_ = std::make_unique<Stream>(url, tls, deadline);
    if (!try_post(request, response, deadline)) {
      if (!was_kept) throw sdk::Failure(TENON_E_IO, "the service closed the connection without an answer");
      stream_ = std::make_unique<Stream>(url, tls, deadline);
      response = {};
      if (!try_post(request, response, deadline))
        throw sdk::Failure(TENON_E_IO, "the service closed the connection without an answer");
    }
  } catch (...) {
    OPENSSL_cleanse(request.data(), request.size());
    stream_.reset();
    throw;
  }
  OPENSSL_cleanse(request.data(), request.size());
  const bool is_good = response.state() == Response::State::complete;
  if (!is_good || !response.keeps_alive()) stream_.reset();
  if (!is_good)
    throw sdk::Failure(TENON_E_IO, "the service's answer is no HTTP/1.1 response that can be read");
  return {response.status(), response.body()};
}

// False: the connection had ended before anything came.
bool Exchange::try_post(const std::string& request, Response& response, Deadline deadline) {
  bool has_begun = false;
  try {
    stream_->write(request, deadline);
    char block[16 * 1024];
    while (response.state() == Response::State::open) {
      const std::size_t got = stream_->read(block, sizeof block, deadline);
      if (got == 0 && !has_begun) return false;
      if (got == 0)
        response.end();
      else
        response.feed({block, got});
      has_begun = true;
    }
    OPENSSL_cleanse(block, sizeof block);
  } catch (const sdk::Failure& failure) {
    if (has_begun || failure.status() == TENON_E_TIMEOUT) throw;
    return false;
  }
  return true;
}

}  // namespace tenon::http
