#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "options.h"

namespace tenon::filter_tls {

template <auto fn>
struct Release {
  template <class T>
  void operator()(T* object) const {
    fn(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, Release<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Release<&SSL_free>>;

// Everything that the links made from one state of the options and their files have in common. Immutable;
// links keep what they need of it, so that a reload leaves them alone. Any thread.
class TlsContext {
 public:
  // Reads the files. Throws a Failure that names the option, the file and the reason.
  explicit TlsContext(Options options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A new link's state, the side of who was connected to, or of who connects. The latter shows the default
  // certificate, and takes nobody whom `ca` has not signed. Throws a Failure; so does connect() without a
  // `ca`.
  SslPtr accept() const;
  SslPtr connect() const;

  const Options& options() const { return options_; }
  // When the first of its certificates ends, in seconds since 1970.
  std::int64_t certificate_end_unix_s() const { return end_unix_s_; }

 private:
  struct Named {
    std::string name;
    SslContextPtr context;
  };

  SslContextPtr make(const SSL_METHOD* method, const std::string& certificate, const std::string& key,
                     const std::string& place);
  SslContextPtr make_server(const std::string& certificate, const std::string& key, const std::string& place);
  void set_protocol(SSL_CTX* context) const;
  void set_clients(SSL_CTX* context);
  void set_peers(SSL_CTX* context, int mode);
  void set_identity(SSL_CTX* context, const std::string& certificate, const std::string& key,
                    const std::string& place);
  static int on_server_name(SSL* ssl, int* alert, void* self);
  static int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                     unsigned int in_len, void* self);

  const Options options_;
  std::int64_t end_unix_s_ = INT64_MAX;
  std::int64_t lists_end_unix_s_ = INT64_MAX;  // of the first list of revoked certificates
  SslContextPtr default_;
  SslContextPtr connecting_;  // null: there is no `ca`
  std::vector<Named> named_;
};

// What OpenSSL has to say of the failure that it met last on this thread; its list is empty afterwards.
std::string last_reason();

}  // namespace tenon::filter_tls
