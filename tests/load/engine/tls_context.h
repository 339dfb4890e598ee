#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace tenon::load {

// How links speak TLS.
struct TlsPlan {
  std::string host;         // whose name or address the certificate must show, when there is `cafile`
  std::string cafile;       // empty: any certificate will do
  std::string certificate;  // the client's own; empty: none
  std::string key;          // of `certificate`; empty: in the same file
  std::string version;      // "1.2" or "1.3"; empty: 1.3, else 1.2
};

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using SslPtr = std::unique_ptr<ssl_st, FreeSsl>;

// What the TLS of all links shares. Links resume no sessions: each handshake is a full one.
class TlsContext {
 public:
  // Throws std::runtime_error naming the file that can't be used. From here on a write to a connection that
  // the broker has reset is an error and no signal.
  explicit TlsContext(TlsPlan plan);

  // The client's side of a connected socket, which it does not own. Throws std::bad_alloc. Any thread.
  SslPtr connect(int fd) const;

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };

  void load_files();

  const TlsPlan plan_;
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
};

}  // namespace tenon::load
