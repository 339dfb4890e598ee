#include "shared/http/exchange.h"

#include <openssl/crypto.h>

#include <tenon/failure.hpp>

namespace tenon::http {

namespace {

void check_readable(bool is_readable) {
  if (!is_readable)
    throw sdk::Failure(TENON_E_IO, "the service's answer is no HTTP/1.1 response that can be read");
}

}  // namespace

Exchange::Answer Exchange::post(const Service& service, const std::string& body, Deadline deadline) {
  Response response;
  ask(service, body, deadline, response);
  check_readable(response.state() == Response::State::complete);
  return {response.status(), response.body()};
}

int Exchange::post_for_status(const Service& service, const std::string& body, Deadline deadline) {
  Response response;
  try {
    ask(service, body, deadline, response);
  } catch (const sdk::Failure&) {
    if (!response.has_head()) throw;
  }
  check_readable(response.has_head());
  return response.status();
}

// Fills in what has come of the response, also when it throws. Behind all but a complete one there is no
// connection.
void Exchange::ask(const Service& service, const std::string& body, Deadline deadline,
                   Response& ret_response) {
  const Url& url = service.url;
  const TlsContext* tls = service.tls.get();
  std::string request = "POST " + url.path + " HTTP/1.1\r\nHost: " + url.authority() +
                        "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n" + service.head_fields + "\r\n" + body;
  try {
    if (stream_ && stream_->is_stale()) stream_.reset();
    const bool was_kept = stream_ != nullptr;
    if (!stream_) stream_ = std::make_unique<Stream>(url, tls, lookup_, deadline);
    if (!try_post(request, ret_response, deadline)) {
      if (!was_kept) throw sdk::Failure(TENON_E_IO, "the service closed the connection without an answer");
      stream_ = std::make_unique<Stream>(url, tls, lookup_, deadline);
      if (!try_post(request, ret_response, deadline))
        throw sdk::Failure(TENON_E_IO, "the service closed the connection without an answer");
    }
  } catch (...) {
    OPENSSL_cleanse(request.data(), request.size());
    stream_.reset();
    throw;
  }
  OPENSSL_cleanse(request.data(), request.size());
  if (ret_response.state() != Response::State::complete || !ret_response.keeps_alive()) stream_.reset();
}

bool Exchange::try_write(const std::string& request, Deadline deadline) try {
  stream_->write(request, deadline);
  return true;
} catch (const sdk::Failure& failure) {
  if (failure.status() == TENON_E_TIMEOUT) throw;
  return false;
}

// False: the connection had ended before anything came.
bool Exchange::try_post(const std::string& request, Response& response, Deadline deadline) {
  bool has_begun = false;
  bool is_asked = false;
  try {
    is_asked = try_write(request, deadline);
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
  // The service takes what would come for the rest of the last request.
  if (!is_asked) stream_.reset();
  return true;
}

}  // namespace tenon::http
