#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "shared/http/connect.h"
#include "shared/http/lookup.h"
#include "shared/http/url.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tenon::http {

// What TLS connections are made with: certificates that are believed, and the own one.
class TlsContext {
 public:
  // `ca_file` empty: those of the system. `certificate_file` and `key_file`: both, or none. Throws a Failure
  // that names the file. Blocks on the disk.
  TlsContext(const std::string& ca_file, const std::string& certificate_file, const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

// One connection to the service, over TCP or TLS. Every call blocks, until its deadline at most; failures are
// sdk::Failure with a text for people. One thread.
class Stream {
 public:
  // `tls` is needed for https, and outlives the stream.
  Stream(const Url& url, const TlsContext* tls, Lookup& lookup, Deadline deadline);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void write(std::string_view bytes, Deadline deadline);
  // 0: the stream has ended.
  std::size_t read(char* to, std::size_t size, Deadline deadline);
  // The peer has closed it, or has sent what nobody asked for.
  bool is_stale() const;

 private:
  void connect(const Url& url, Lookup& lookup, Deadline deadline);
  void shake_hands(const Url& url, const TlsContext& tls, Deadline deadline);
  // True: to be tried again.
  bool tls_wants(int result, Deadline deadline) const;
  void close();

  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
};

}  // namespace tenon::http
